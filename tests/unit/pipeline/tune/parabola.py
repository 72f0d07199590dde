"""A search with a known optimum, and a learner that is killed at a given fit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lockstep.learners.spec import Budget, Fitted
from lockstep.params.pipeline.tune import Range, TuneSpec
from lockstep.pipeline.tune.objective import Candidate, Objective, PreparedFold
from lockstep.tasks.task import SearchMetric


@dataclass
class Parabola:
    """A learner whose loss is known: (x - 0.3)^2 for every row; it may die at a fit, as a killed process does."""

    offset: float = 0.0
    dies_at: int | None = None
    numbers: str = "native"
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fits: int = 0

    def prepare(self, train: Any, valid: Any, task: Any) -> Any:
        raise NotImplementedError

    def fit(self, fold: Any, params: Any, budget: Budget, seed: int) -> Fitted:  # noqa: ARG002
        self.fits += 1
        if self.fits == self.dies_at:
            raise Killed
        loss = (params["x"] - 0.3) ** 2 + 0.01 * (params.get("kind") == "bad") + fold + self.offset
        return Fitted(None, np.full(4, loss), rounds=7, importance=np.ones(1))


class Killed(BaseException):
    """Nothing catches it: the trial stays as a killed process leaves it."""


LOSS = SearchMetric("loss", lambda _, prediction: float(prediction.mean()), greater_is_better=False)
SPACE = {
    "x": Range(low=0.0, high=1.0),
    "kind": Range(type="choice", choices=("good", "bad")),
    "depth": Range(type="int", low=1, high=4),
}
OTHER = {"x": Range(low=0.0, high=1.0, step=0.25)}


def spec(**changes: Any) -> TuneSpec:
    return TuneSpec(**{"trials": 20, "folds": 2, "space": {"xgboost": SPACE}, **changes})


def objective(learner: Any = None, seed: int = 7, **more: Any) -> Objective:
    folds = [PreparedFold(0.0, np.zeros(4)), PreparedFold(1.0, np.zeros(4))]
    learners = {"xgboost": learner or Parabola(), **more}
    candidates = {name: Candidate(one, folds.__getitem__) for name, one in learners.items()}
    space = {name: SPACE if name == "xgboost" else OTHER for name in learners}
    return Objective(candidates, 2, space, LOSS, Budget(10, 2), seed)
