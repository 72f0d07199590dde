"""A result becomes one run, whatever happened on the way: written, taken up after a crash, or already there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockstep.pipeline.track.alone import alone
from lockstep.pipeline.track.backend import Backend
from lockstep.pipeline.track.faults import reaching
from lockstep.pipeline.track.nested import log_trials
from lockstep.pipeline.track.result import Result
from lockstep.pipeline.track.runs import discard, experiment, is_dead, is_finished, of_result

if TYPE_CHECKING:
    from mlflow.entities import Run


@dataclass(frozen=True)
class Published:
    """The run of a result, and whether it was written now."""

    run_id: str
    experiment: str
    new: bool

    def __str__(self) -> str:
        return f"run {self.run_id} of {self.experiment}{'' if self.new else ' has it already'}"


def publish(backend: Backend, result: Result, *, trials: bool = False) -> Published:
    """Return the one finished run of a result, written if there is none.

    Args:
        backend: where to.
        result: what to.
        trials: whether the trials of the search are runs below it; added to a run that was written without.

    Raises:
        TrackingDownError: the backend fails on the way; a repeat then begins anew.
        LockstepError: a file of the result is damaged.
    """
    with reaching(backend.location), alone(backend.place, result.fingerprint):
        place = experiment(backend, result.problem)
        found = _settle(backend, place, result)
        if found is None:
            from lockstep.pipeline.track.write import write  # loads what a model is read with, for a second or more

            written = write(backend, place, result, trials=trials)
            kept = _settle(backend, place, result)  # another machine may have been faster
            run_id = kept.info.run_id if kept else written
            return Published(run_id, result.problem, new=run_id == written)
        if trials:
            log_trials(backend, found, result.trials)
        return Published(found.info.run_id, result.problem, new=False)


def _settle(backend: Backend, experiment_id: str, result: Result) -> "Run | None":
    """Return the run that finished first, and discard the others: doubles, and what killed processes left."""
    runs = of_result(backend, experiment_id, result.fingerprint)
    kept = runs[0] if runs and is_finished(runs[0]) else None
    for run in runs[kept is not None :]:
        if is_finished(run) or is_dead(run, alone=backend.place.is_exclusive):
            discard(backend, run)
    return kept
