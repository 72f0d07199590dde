"""`lockstep promote`: the challenger becomes champion, or the reasons why not."""

import sys
from typing import Annotated

import typer

from lockstep.cli.app import REGISTRY, app, console
from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace


@app.command(rich_help_panel=REGISTRY)
def promote(
    version: Annotated[int | None, typer.Option(min=1, help="Version number.", show_default="the challenger")] = None,
    force: Annotated[bool, typer.Option("--force", help="Promote against the rules; needs --reason.")] = False,
    reason: Annotated[str, typer.Option(help="Why; recorded in the ledger.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the decision and change nothing.")] = False,
) -> None:
    """Make the challenger champion, or say why not and exit with 1.

    Its gates must pass, and it must not be worse than the champion on the same test rows.
    """
    from lockstep.registry.promote import Force, show
    from lockstep.registry.promote import promote as decide

    if force != bool(reason.strip()):
        raise LockstepError("promote: --force and --reason go together: say why the rules do not apply")
    found = decide(Workspace(), version, force=Force(reason) if force else None, dry=dry_run)
    show(found, console())
    if not found.yes:
        sys.exit(1)
