"""Is it better, and may it be served?"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lockstep.cli.app import app
from lockstep.core.workspace import Workspace


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="REV_A", help="A git revision, an experiment, or `workspace`.")],
    second: Annotated[str, typer.Argument(metavar="REV_B", help="The one that is judged against it.")] = "workspace",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Compare two models on the rows that both were tested on, from their pinned predictions."""
    from lockstep.core.files import dump_json
    from lockstep.decisions.revisions import compare as compare_revisions

    compared = compare_revisions(Workspace(), first, second)
    if as_json:
        print(dump_json(compared.as_json()), end="")
        return
    from rich.console import Console

    from lockstep.workbench.compare.show import show

    show(compared, Console())


@app.command()
def gate(
    champion: Annotated[
        str | None, typer.Option(metavar="REV", help="A git revision or experiment that must not be better.")
    ] = None,
) -> None:
    """Say whether this checkout's model may be served, and why; exit with 1 if it may not."""
    from rich.console import Console

    from lockstep.decisions.gating.judge import judge
    from lockstep.decisions.gating.show import show

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
    from lockstep.workbench.experiments import show
    from lockstep.workbench.experiments.table import table
    from lockstep.workbench.experiments.tried import collect

    found = table(collect(Workspace().root.resolve(), everywhere=everywhere))
    if as_csv or as_md:
        print(show.as_csv(found) if as_csv else show.as_markdown(found), end="")
        return
    from rich.console import Console

    show.show(found, Console())


@app.command()
def review(
    base: Annotated[
        str | None,
        typer.Argument(metavar="BASE", help="A git revision or experiment.", show_default="where HEAD left main"),
    ] = None,
    head: Annotated[
        str | None, typer.Argument(metavar="HEAD", help="What BASE becomes.", show_default="the checkout as it is")
    ] = None,
    as_md: Annotated[bool, typer.Option("--md", help="Print Markdown that fits a comment.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Write Markdown, page, JSON and plots there.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if a gate fails or dvc.lock is stale.")] = False,
) -> None:
    """Show what a change does: params, stages, data, metrics, verdict; nothing of HEAD is run."""
    from lockstep.core.files import dump_json
    from lockstep.workbench.review.markdown import markdown
    from lockstep.workbench.review.outline.outline import outline
    from lockstep.workbench.review.review import review as review_change
    from lockstep.workbench.review.review import subject

    of = subject(Workspace(), base, head)
    found = review_change(of)
    if to is not None:
        from lockstep.workbench.review.write import write

        write(of, found, to)
    if as_json or as_md:
        print(dump_json(found.model_dump(mode="json")) if as_json else markdown(outline(found)), end="")
    else:
        from rich.console import Console

        from lockstep.workbench.review.show import show

        show(outline(found), Console())
    if strict and not found.verdict.passed:
        sys.exit(1)
