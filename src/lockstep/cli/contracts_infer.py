"""`lockstep contracts infer`: first drafts of the schemas of the raw tables."""

from typing import Annotated

import typer

from lockstep.cli.app import PIPELINE, app
from lockstep.core.workspace import Workspace

contracts = typer.Typer(no_args_is_help=True, help="Draft the schemas of the raw tables (contracts/).")
app.add_typer(contracts, name="contracts", rich_help_panel=PIPELINE)


@contracts.command()
def infer(
    table: Annotated[
        list[str] | None, typer.Option(help="Only this table; may be repeated.", show_default="all")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite contracts that exist.")] = False,
) -> None:
    """Draft contracts/TABLE.yaml from the data that params.yaml names; review the drafts before you commit them."""
    from lockstep.core.progress import Progress
    from lockstep.core.spec import load
    from lockstep.pipeline.ingest.stage import Inputs
    from lockstep.workbench.contracts import infer as inferring

    workspace = Workspace()
    source = load(Inputs, workspace.params).source
    for path in inferring.infer(source, workspace, Progress("infer"), tuple(table or ()), force=force):
        print(path)
