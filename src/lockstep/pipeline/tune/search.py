"""Bayesian search: folds prepared once, early stopping within them, pruning between and within them.

The trials are in a storage that outlives the process. What a search returns is a pure function of its finished
trials, so that a search that is killed and restarted returns the same result.
"""

import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, TrialState

from lockstep.core.errors import LockstepError
from lockstep.core.files import LOCK_PATIENCE
from lockstep.core.source_url import redacting
from lockstep.core.spec import Scalar
from lockstep.params.pipeline.tune import TuneSpec
from lockstep.pipeline.tune import trial_ids, workers
from lockstep.pipeline.tune.objective import FEW, ROUNDS, Objective
from lockstep.pipeline.tune.sampler import NumberedSampler
from lockstep.pipeline.tune.space import Point, defaults, point
from lockstep.pipeline.tune.storage import Place, closed, open_storage

WORKER = "worker"
"""User attribute of a trial: the name of the worker that runs it."""

POLL = 0.5  # seconds between two checks of trials that other workers run


@dataclass(frozen=True)
class Trial:
    """One point of the space: mean score over folds, None where it was pruned."""

    number: int
    estimator: str
    params: Mapping[str, Scalar]
    score: float | None
    rounds: int | None
    reached: float | None
    """Mean score over the folds that it was fitted on; a pruned trial was judged by this score."""


@dataclass(frozen=True)
class SearchResult:
    """All trials in order, the best of the complete ones, and the best of each estimator."""

    trials: Sequence[Trial]
    best: Trial
    by_estimator: Mapping[str, Trial]


Report = Callable[[int, Trial | None], None]
"""Called after a trial with the number of finished trials, and the best so far."""


@dataclass(frozen=True)
class Study:
    """The name and the storage of a study, and the folder with the locks of its workers in this checkout."""

    name: str
    place: Place
    folder: Path


def search(objective: Objective, spec: TuneSpec, study: Study, report: Report = lambda *_: None) -> SearchResult:
    """Return the result of `spec.trials` trials; with one worker, the same for the same objective and seed.

    A time limit interrupts the running trial, once one is complete; a search with more time reruns it. Trials that are
    in the storage already are kept; those of dead workers are rerun. Of several workers, each returns when the trials
    of all are finished.

    Raises:
        LockstepError: the storage cannot be used, or another worker uses the file.
    """
    # A file has one worker: a journal has no other lock, and SQLite sometimes fails with two writers.
    exclusive = nullcontext() if study.place.shared else workers.only_worker(study.folder, LOCK_PATIENCE)
    with redacting(study.place.location), exclusive, workers.present(study.folder) as worker:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        storage = open_storage(study.place, _rerun)
        with closed(storage), warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # TPE's `group`, for conditional spaces
            end = time.monotonic() + spec.timeout.total_seconds() if spec.timeout else math.inf
            found = _Search(objective, spec, study, worker, report, end).run(storage)
        workers.forget_dead(study.folder)
        return found


class _TimeIsUp(Exception):  # noqa: N818 # no error: Optuna marks the trial as failed, and `trial_ids` reruns it
    """The search's time is over in the middle of a trial."""


@dataclass(frozen=True)
class _Search:
    objective: Objective
    spec: TuneSpec
    study: Study
    worker: str
    report: Report
    end: float
    """On the clock of `time.monotonic`."""

    def run(self, storage: optuna.storages.BaseStorage) -> SearchResult:
        opened = optuna.create_study(
            study_name=self.study.name,
            storage=storage,
            load_if_exists=True,
            direction="maximize" if self.objective.metric.greater_is_better else "minimize",
            sampler=_sampler(self.spec, self.objective),
            pruner=_pruner(self.spec),
        )
        trial_ids.give_up(opened, opened.get_trials(deepcopy=False), self._dead)
        while True:
            trials = opened.get_trials(deepcopy=False)
            done = _in_order(trials)
            greater = self.objective.metric.greater_is_better
            length = enough([t.score for t in done], self.spec.trials, self.spec.patience, greater_is_better=greater)
            self.report(len(done), best(done[:length], greater_is_better=greater))
            one = any(trial.score is not None for trial in done)
            if length is not None or (one and self._late()):
                return result(done[:length], greater_is_better=greater)
            with suppress(_TimeIsUp):
                self._run_or_wait(opened, trials, unlimited=not one)

    def _run_or_wait(self, opened: optuna.Study, trials: Sequence[FrozenTrial], *, unlimited: bool) -> None:
        """Run one trial, or wait if enough are running."""
        states = [trial.state for trial in trials]
        started = sum(state not in (TrialState.FAIL, TrialState.WAITING) for state in states)
        if started < self.spec.trials or TrialState.WAITING in states:
            opened.optimize(partial(self._objective, unlimited=unlimited), n_trials=1)
            return
        time.sleep(POLL)
        optuna.storages.fail_stale_trials(opened)
        trial_ids.give_up(opened, trials, self._dead)

    def _objective(self, trial: optuna.Trial, *, unlimited: bool) -> float:
        trial.set_user_attr(WORKER, self.worker)
        return (self.objective if unlimited else replace(self.objective, interrupt=self._interrupt))(trial)

    def _interrupt(self) -> None:
        if self._late():
            raise _TimeIsUp

    def _late(self) -> bool:
        return time.monotonic() > self.end

    def _dead(self, trial: FrozenTrial) -> bool:
        """Return whether the worker of a running trial is dead; workers of other machines are judged by heartbeats."""
        name = trial.user_attrs.get(WORKER)
        if not self.study.place.shared:
            return bool(name != self.worker)  # no other live worker can have the file
        if name is None:
            started = trial.datetime_start
            return started is not None and time.time() - started.timestamp() > self.study.place.grace
        return workers.is_dead(self.study.folder, str(name))


def enough(scores: Sequence[float | None], trials: int, patience: int | None, *, greater_is_better: bool) -> int | None:
    """Return the number of trials that make up the finished search, or None if it must continue.

    A pure function of the trials in their order: an interrupted search ends at the same trial, and a longer one is cut
    there.

    Args:
        scores: of the finished trials in the order of their numbers; None for a pruned one.
        trials: maximum number.
        patience: number of trials without improvement that ends the search; None: no such limit.
        greater_is_better: of the scores.
    """
    best: float | None = None
    since = 0
    for done, score in enumerate(scores[:trials], start=1):
        better = score is not None and (best is None or (score > best if greater_is_better else score < best))
        best, since = (score, 0) if better else (best, since + 1)
        if patience is not None and best is not None and since >= patience:
            return done
    return trials if len(scores) >= trials else None


def result(trials: Sequence[Trial], *, greater_is_better: bool) -> SearchResult:
    """Return the result of finished trials, in their order.

    Raises:
        LockstepError: none of them is complete.
    """
    found = best(trials, greater_is_better=greater_is_better)
    if found is None:
        raise LockstepError("tune: no trial was completed; raise tune.trials or tune.timeout")
    of_each = {
        name: best([trial for trial in trials if trial.estimator == name], greater_is_better=greater_is_better)
        for name in dict.fromkeys(trial.estimator for trial in trials)
    }
    return SearchResult(trials, found, {name: trial for name, trial in of_each.items() if trial is not None})


def best(trials: Sequence[Trial], *, greater_is_better: bool) -> Trial | None:
    """Return the first of the best complete trials, or None."""
    complete = [trial for trial in trials if trial.score is not None]
    sign = -1 if greater_is_better else 1
    return min(complete, key=lambda trial: (sign * (trial.score or 0.0), trial.number), default=None)


def _in_order(trials: Sequence[FrozenTrial]) -> list[Trial]:
    """Return the finished trials up to the first one that is not finished yet."""
    found = trial_ids.finished(trials)
    together = next((number for number in range(len(found)) if number not in found), len(found))
    return [_trial(number, found[number]) for number in range(together)]


def _trial(number: int, frozen: FrozenTrial) -> Trial:
    where: Point = point(frozen.params)
    complete = frozen.state == TrialState.COMPLETE
    score = frozen.value if complete else None
    last = frozen.intermediate_values.get(frozen.last_step) if frozen.last_step is not None else None
    return Trial(number, where.estimator, where.params, score, frozen.user_attrs.get(ROUNDS), last)


def _rerun(study: optuna.Study, trial: FrozenTrial) -> None:
    own = trial_ids.numbers(study.get_trials(deepcopy=False))[trial.number]
    trial_ids.rerun(study, own)


def _sampler(spec: TuneSpec, objective: Objective) -> NumberedSampler:
    start = [Point(one.estimator, one.params) for one in spec.start]
    first = {
        name: defaults(dimensions, objective.candidates[name].learner.defaults)
        for name, dimensions in objective.space.items()
    }
    return NumberedSampler(spec.sampler, objective.seed, first, start)


def _pruner(spec: TuneSpec) -> optuna.pruners.BasePruner:
    if spec.pruner == "none":
        return optuna.pruners.NopPruner()
    # A trial continues to the next fold only if it is in the better half at this fold.
    return optuna.pruners.PercentilePruner(50.0, n_startup_trials=FEW, n_warmup_steps=0)
