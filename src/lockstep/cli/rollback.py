"""`lockstep rollback`: an earlier champion is champion again."""

from typing import Annotated

import typer

from lockstep.cli.app import REGISTRY, app
from lockstep.core.workspace import Workspace


@app.command(rich_help_panel=REGISTRY)
def rollback(
    to: Annotated[int | None, typer.Option(min=1, help="Version number.", show_default="the previous champion")] = None,
    reason: Annotated[str, typer.Option(help="Why; recorded in the ledger.")] = "",
) -> None:
    """Make an earlier champion champion again.

    First, its files are verified against the hashes that were registered.
    """
    from lockstep.registry.rollback import rollback as go_back

    done = go_back(Workspace(), to, reason)
    print(f"{done.version} is champion again; before: version {done.entry.version_from}")
