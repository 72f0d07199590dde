"""From the workspace to its run, and a mark where that did not come about."""

from lockstep.core.workspace import Workspace
from lockstep.pipeline.track import pending
from lockstep.pipeline.track.backend import connect
from lockstep.pipeline.track.faults import TrackingDownError
from lockstep.pipeline.track.gather import gather
from lockstep.pipeline.track.publish import Published, publish


def track(workspace: Workspace, *, trials: bool) -> Published:
    """Publish the result that the workspace holds, and return its run.

    Raises:
        LockstepError: the workspace does not hold what dvc.lock pins.
        TrackingDownError: the backend does not take it; what is left to do is marked in `.lockstep/`.
    """
    result = gather(workspace)
    try:
        published = publish(connect(workspace.root), result, trials=trials)
    except TrackingDownError as error:
        pending.mark(workspace.root, result.fingerprint, error)
        raise
    pending.clear(workspace.root, result.fingerprint)
    return published
