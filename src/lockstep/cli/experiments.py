"""`lockstep experiments`: a table of experiments that fits the screen."""

from typing import Annotated

import typer

from lockstep.cli.app import COMPARE, app, console
from lockstep.core.workspace import Workspace


@app.command(rich_help_panel=COMPARE)
def experiments(
    everywhere: Annotated[bool, typer.Option("--all", help="Include experiments on commits other than HEAD.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_md: Annotated[bool, typer.Option("--md", help="Print Markdown.")] = False,
) -> None:
    """List experiments, best first; only columns that differ."""
    from lockstep.workbench.experiments import show
    from lockstep.workbench.experiments.table import table
    from lockstep.workbench.experiments.tried import collect

    found = table(collect(Workspace().root.resolve(), everywhere=everywhere))
    if as_csv or as_md:
        print(show.as_csv(found) if as_csv else show.as_markdown(found), end="")
        return
    show.show(found, console())
