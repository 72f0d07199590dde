"""`lockstep gate`: may this model be served?"""

import sys
from typing import Annotated

import typer

from lockstep.cli.app import COMPARE, app, console
from lockstep.core.workspace import Workspace


@app.command(rich_help_panel=COMPARE)
def gate(
    champion: Annotated[
        str | None, typer.Option(metavar="REV", help="The champion: a git revision or an experiment.")
    ] = None,
) -> None:
    """Decide whether this model may be served; exit with 1 if not."""
    from lockstep.workbench.gate import judge, show

    verdict = judge(Workspace(), champion)
    show(verdict, console())
    if not verdict.passed:
        sys.exit(1)
