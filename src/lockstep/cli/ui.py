"""`lockstep ui`: MLflow's pages."""

from typing import Annotated

import typer

from lockstep.cli.app import REGISTRY, app
from lockstep.core.workspace import Workspace


@app.command(rich_help_panel=REGISTRY)
def ui(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 admits other machines.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 5000,
) -> None:
    """Serve MLflow's pages for the runs of this checkout.

    With MLFLOW_TRACKING_URI set, for the runs there.
    """
    from lockstep.pipeline.track.pages import serve

    serve(Workspace().root, host, port)
