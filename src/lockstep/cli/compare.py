"""`lockstep compare REV_A [REV_B]`: two models on the same rows."""

from typing import Annotated

import typer

from lockstep.cli.app import COMPARE, app, console, print_json
from lockstep.core.workspace import Workspace


@app.command(rich_help_panel=COMPARE)
def compare(
    first: Annotated[str, typer.Argument(metavar="REV_A", help="A git revision, an experiment, or `workspace`.")],
    second: Annotated[str, typer.Argument(metavar="REV_B", help="The revision to compare with it.")] = "workspace",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Compare two models on the test rows that both have scored."""
    from lockstep.decisions.gather.revisions import compare as compare_revisions

    compared = compare_revisions(Workspace(), first, second)
    if as_json:
        print_json(compared.as_json())
        return
    from lockstep.workbench.compare.show import show

    show(compared, console())
