"""A trial: a point of the space, fitted on one fold after another, and pruned early if it falls behind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState

from lockstep.learners.spec import Budget, LearnerSpec, Watch, unwatched
from lockstep.pipeline.tune.space import Space, draw
from lockstep.tasks.task import SearchMetric

LOSSES = "losses"
"""User attribute of a trial: the best loss on the validation rows of each fold, of a learner that boosts."""

ROUNDS = "rounds"
"""User attribute of a trial: mean boosting rounds over the folds."""

FEW = 4
"""Number of complete trials needed before any trial is pruned."""

DECIMALS = 9
"""Of a score: the last bits of a float differ between processors, and would change later draws."""

WINDOW = 20
"""Rounds between two checks of a fit."""

SLACK = 2.0
"""Factor by which the gain that is forecast for a fit is raised, in its favour."""


@dataclass(frozen=True)
class PreparedFold:
    """A fold in the learner's own form, and the labels of its validation rows."""

    data: Any
    label: np.ndarray


@dataclass(frozen=True)
class Candidate:
    """A learner, and its folds: each is made when it is first used, and kept."""

    learner: LearnerSpec
    fold: Callable[[int], PreparedFold]


def never() -> None:
    """Do not interrupt the trial."""


@dataclass(frozen=True)
class Objective:
    """Draws a point and scores it; a trial that falls behind is pruned between folds and within one.

    `interrupt` is called between folds and rounds, and may end the trial with an exception.
    """

    candidates: Mapping[str, Candidate]
    folds: int
    space: Space
    metric: SearchMetric
    budget: Budget
    seed: int
    prune: bool = True
    interrupt: Callable[[], None] = never

    def __call__(self, trial: optuna.Trial) -> float:
        """Return the mean score over the folds."""
        point = draw(trial, self.space)
        candidate = self.candidates[point.estimator]
        scores: list[float] = []
        rounds: list[int] = []
        losses: list[float] = []
        targets = _targets(trial, point.estimator, self.folds) if self.prune else None
        for step in range(self.folds):
            fold = candidate.fold(step)
            budget = replace(self.budget, watch=self._watch(targets[step] if targets else None))
            fitted = candidate.learner.fit(fold.data, point.params, budget, self.seed)
            scores.append(self.metric.score(fold.label, fitted.valid_prediction))
            rounds += [fitted.rounds] if fitted.rounds is not None else []
            losses += [min(fitted.history["valid"])] if fitted.history.get("valid") else []
            trial.report(_mean(scores), step)
            if trial.should_prune():
                raise optuna.TrialPruned
            self.interrupt()
        trial.set_user_attr(ROUNDS, round(float(np.mean(rounds))) if rounds else None)
        trial.set_user_attr(LOSSES, losses)
        return _mean(scores)

    def _watch(self, target: float | None) -> Watch:
        behind = unwatched if target is None else watch_for(target)

        def watch(losses: Sequence[float]) -> None:
            self.interrupt()
            behind(losses)

        return watch


def _mean(scores: Sequence[float]) -> float:
    return round(float(np.mean(scores)), DECIMALS)


def watch_for(target: float) -> Watch:
    """Return a watch that prunes a fit whose forecast loss is above `target`."""

    def watch(losses: Sequence[float]) -> None:
        if len(losses) % WINDOW == 0 and len(losses) > 2 * WINDOW and forecast(losses) > target:
            raise optuna.TrialPruned

    return watch


def forecast(losses: Sequence[float]) -> float:
    """Return the forecast loss of a fit, by Aitken's delta-squared extrapolation of its last rounds.

    The gains of the last two windows are continued as a geometric series. The remaining gain is multiplied by `SLACK`,
    because losses of boosting fall more slowly than that in the end. A fit whose gains increase is not judged.
    """
    before, middle, now = (float(np.min(losses[: len(losses) - back])) for back in (2 * WINDOW, WINDOW, 0))
    older, newer = before - middle, middle - now
    if newer <= 0:
        return now
    if newer >= older:
        return -np.inf
    return now - SLACK * newer * newer / (older - newer)


def _targets(trial: optuna.Trial, estimator: str, folds: int) -> list[float] | None:
    """Return for each fold the median loss of the estimator's complete trials, or None while they are few."""
    complete: list[FrozenTrial] = trial.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    of_this = [one.user_attrs.get(LOSSES) for one in complete if one.params.get("estimator") == estimator]
    known = [losses for losses in of_this if losses and len(losses) == folds]
    return [float(loss) for loss in np.median(known, axis=0)] if len(known) >= FEW else None
