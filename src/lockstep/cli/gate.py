"""`lockstep gate`: may this model be served?"""

import sys
from typing import Annotated

import typer

from lockstep.cli.app import COMPARE, app
from lockstep.core.workspace import Workspace


@app.command(rich_help_panel=COMPARE)
def gate(
    champion: Annotated[
        str | None, typer.Option(metavar="REV", help="A git revision or experiment that must not be better.")
    ] = None,
) -> None:
    """Decide whether this model may be served; exit with 1 if not."""
    from rich.console import Console

    from lockstep.decisions.gating.judge import judge
    from lockstep.decisions.gating.show import show

    verdict = judge(Workspace(), champion)
    show(verdict, Console())
    if not verdict.passed:
        sys.exit(1)
