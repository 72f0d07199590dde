"""Stage `track`: publish the pinned result as one run of MLflow."""

from lockstep.core.progress import Progress
from lockstep.core.spec import Spec
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.track import TrackSpec


class Inputs(Spec):
    """What the stage reads of params.yaml."""

    track: TrackSpec


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Publish the result; if MLflow is down, say how to publish later, and let the pipeline succeed."""
    if not inputs.track.enabled:
        progress.say("not published: track.enabled is false")
        return
    from lockstep.pipeline.track.backend import TrackingDownError
    from lockstep.pipeline.track.publish import track

    try:
        progress.say(str(track(workspace, trials=inputs.track.trials)))
    except TrackingDownError as error:
        progress.say(str(error))
        progress.say("not published; no result is lost. Run `lockstep track` when MLflow is back")
