"""`lockstep register [REV]`: a model becomes a version."""

from typing import Annotated

import typer

from lockstep.cli.app import REGISTRY, app
from lockstep.core.workspace import Workspace


@app.command(rich_help_panel=REGISTRY)
def register(
    revision: Annotated[
        str | None, typer.Argument(metavar="REV", help="A git revision.", show_default="this checkout")
    ] = None,
) -> None:
    """Register a model as a version with the alias challenger."""
    if revision is None:
        from lockstep.registry.register import register as make_version

        print(make_version(Workspace()))
        return
    from lockstep.registry.register import register_revision

    print(register_revision(Workspace(), revision))
