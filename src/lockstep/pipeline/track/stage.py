"""Stage `track`: one run of MLflow for each result, made of what the other stages pinned."""

from lockstep.core.progress import Progress
from lockstep.core.spec import Spec
from lockstep.core.workspace import Workspace
from lockstep.params.track import TrackSpec


class Inputs(Spec):
    """Whether, and with how much."""

    track: TrackSpec


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Publish the result; where tracking is down, say how to do it later, and let the pipeline end well."""
    if not inputs.track.enabled:
        progress.say("track.enabled is false")
        return
    from lockstep.pipeline.track.faults import TrackingDownError
    from lockstep.pipeline.track.track import track

    try:
        progress.say(str(track(workspace, trials=inputs.track.trials)))
    except TrackingDownError as error:
        progress.say(str(error))
        progress.say("not published, and nothing is lost: `lockstep track` publishes it when that answers again")
