"""`lockstep track`: the result in this folder as an MLflow run."""

from lockstep.cli.app import REGISTRY, app, fail
from lockstep.core.workspace import Workspace


@app.command(rich_help_panel=REGISTRY)
def track() -> None:
    """Log this result to MLflow if it is not there yet."""
    from lockstep.params.document import load_all
    from lockstep.pipeline.track.backend import TrackingDownError
    from lockstep.pipeline.track.publish import track as publish

    workspace = Workspace()
    try:
        print(publish(workspace, trials=load_all(workspace.params).track.trials))
    except TrackingDownError as error:
        fail(str(error), 1)
