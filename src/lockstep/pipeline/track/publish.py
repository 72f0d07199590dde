"""Publish a result as exactly one finished run, also after a crash and with several writers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockstep.core.workspace import Workspace
from lockstep.pipeline.track import pending
from lockstep.pipeline.track.backend import Backend, TrackingDownError, connect, reaching
from lockstep.pipeline.track.gather import Result, gather
from lockstep.pipeline.track.runs import discard, experiment, is_dead, is_finished, of_result
from lockstep.pipeline.track.trials import log_trials
from lockstep.pipeline.track.writer_lock import writer_lock

if TYPE_CHECKING:
    from mlflow.entities import Run


@dataclass(frozen=True)
class Published:
    """The run of a result; `new` if this call wrote it."""

    run_id: str
    experiment: str
    new: bool

    def __str__(self) -> str:
        return f"{'published as' if self.new else 'already published:'} run {self.run_id} of {self.experiment}"


def track(workspace: Workspace, *, trials: bool) -> Published:
    """Publish the result that the workspace holds, and return its run.

    Raises:
        LockstepError: the workspace does not hold what dvc.lock pins.
        TrackingDownError: MLflow fails; a mark in `.lockstep/` says that the result is not published.
    """
    result = gather(workspace)
    try:
        published = publish(connect(workspace.root), result, trials=trials)
    except TrackingDownError as error:
        pending.mark(workspace.root, result.fingerprint, error)
        raise
    pending.clear(workspace.root, result.fingerprint)
    return published


def publish(backend: Backend, result: Result, *, trials: bool = False) -> Published:
    """Return the one finished run of a result; write it if there is none.

    Args:
        backend: MLflow, connected.
        result: the result.
        trials: write the trials as nested runs; they are added to a run that has none.

    Raises:
        TrackingDownError: MLflow fails; the next call starts again.
        LockstepError: a file of the result is damaged.
    """
    with reaching(backend.location), writer_lock(backend.place, result.fingerprint):
        place = experiment(backend, result.problem)
        found = _settle(backend, place, result)
        if found is None:
            from lockstep.pipeline.track.write import write  # loads ONNX: a second or more

            written = write(backend, place, result, trials=trials)
            kept = _settle(backend, place, result)  # another machine may have been faster
            run_id = kept.info.run_id if kept else written
            return Published(run_id, result.problem, new=run_id == written)
        if trials:
            log_trials(backend, found, result.trials)
        return Published(found.info.run_id, result.problem, new=False)


def _settle(backend: Backend, experiment_id: str, result: Result) -> "Run | None":
    """Return the run that finished first; delete the others: duplicates, and what killed processes left."""
    runs = of_result(backend, experiment_id, result.fingerprint)
    kept = runs[0] if runs and is_finished(runs[0]) else None
    for run in runs[kept is not None :]:
        if is_finished(run) or is_dead(run, exclusive=backend.place.is_exclusive):
            discard(backend, run)
    return kept
