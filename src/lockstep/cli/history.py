"""`lockstep history`: the ledger of promotions."""

from typing import Annotated

import typer

from lockstep.cli.app import REGISTRY, app, console, print_json
from lockstep.core.workspace import Workspace


@app.command(rich_help_panel=REGISTRY)
def history(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show who promoted what, when and why."""
    from lockstep.registry.history import history as read_history
    from lockstep.registry.history import show

    found = read_history(Workspace())
    if as_json:
        print_json(found.as_json())
        return
    show(found, console())
