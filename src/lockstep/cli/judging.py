"""Is it better, and may it be served?"""

import sys
from typing import Annotated

import typer

from lockstep.cli.app import app
from lockstep.workspace import Workspace


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="REV_A", help="A git revision, an experiment, or `workspace`.")],
    second: Annotated[str, typer.Argument(metavar="REV_B", help="The one that is judged against it.")] = "workspace",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Compare two models on the rows that both were tested on, from their pinned predictions."""
    from lockstep.comparing.compare import compare as compare_revisions
    from lockstep.files import dump_json

    compared = compare_revisions(Workspace(), first, second)
    if as_json:
        print(dump_json(compared.as_json()), end="")
        return
    from rich.console import Console

    from lockstep.comparing.show import show

    show(compared, Console())


@app.command()
def gate(
    champion: Annotated[
        str | None, typer.Option(metavar="REV", help="A git revision or experiment that must not be better.")
    ] = None,
) -> None:
    """Say whether this checkout's model may be served, and why; exit with 1 if it may not."""
    from rich.console import Console

    from lockstep.gating.judge import judge
    from lockstep.gating.show import show

    verdict = judge(Workspace(), champion)
    show(verdict, Console())
    if not verdict.passed:
        sys.exit(1)


@app.command()
def experiments(
    everywhere: Annotated[bool, typer.Option("--all", help="Also those made from other commits than HEAD.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead.")] = False,
    as_md: Annotated[bool, typer.Option("--md", help="Print Markdown instead.")] = False,
) -> None:
    """Show HEAD, this checkout and its experiments: only what differs, the best first, with intervals."""
    from lockstep.review import show_table
    from lockstep.review.table import table
    from lockstep.review.tried import collect

    found = table(collect(Workspace().root.resolve(), everywhere=everywhere))
    if as_csv or as_md:
        print(show_table.as_csv(found) if as_csv else show_table.as_markdown(found), end="")
        return
    from rich.console import Console

    show_table.show(found, Console())
