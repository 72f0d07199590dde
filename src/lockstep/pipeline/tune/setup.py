"""The objective of a search: folds, learners, space, metric and budget."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from lockstep.artifacts.schema import CUTOFF, LABEL, FeatureSchema
from lockstep.fitting.encoding import Encoded, Encoding
from lockstep.learners.registry import learner
from lockstep.learners.spec import Budget, LearnerSpec, Numbers
from lockstep.params.pipeline.problem import EventLabel
from lockstep.pipeline.tune.folds import Rows, group_folds, time_folds
from lockstep.pipeline.tune.inputs import Inputs
from lockstep.pipeline.tune.objective import Candidate, Objective, PreparedFold
from lockstep.tasks.registry import task
from lockstep.tasks.task import SearchMetric


class Folds:
    """Pairs of training and validation rows; they are encoded when a trial first uses them."""

    def __init__(self, encoding: Encoding, frame: pd.DataFrame, rows: Sequence[tuple[Rows, Rows]]) -> None:
        self._encoding, self._frame, self._rows = encoding, frame, rows
        self._parts: dict[tuple[Numbers, int], Encoded] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def candidate(self, learner: LearnerSpec) -> Candidate:
        """Return a learner with its folds."""
        made: dict[int, PreparedFold] = {}

        def fold(number: int) -> PreparedFold:
            if number not in made:
                encoded = self._encoded(learner, number)
                data = self._encoding.prepare(learner, encoded, coarse=True)
                made[number] = PreparedFold(data, encoded.valid.label)
            return made[number]

        return Candidate(learner, fold)

    def _encoded(self, learner: LearnerSpec, number: int) -> Encoded:
        key = learner.numbers, number
        if key not in self._parts:
            train, valid = (self._frame.iloc[part] for part in self._rows[number])
            self._parts[key] = self._encoding.fit(learner, train, valid)
        return self._parts[key]


def make_objective(inputs: Inputs, frame: pd.DataFrame, schema: FeatureSchema, metric: SearchMetric) -> Objective:
    """Return the objective of a search on the training split `frame`.

    Raises:
        LockstepError: there are too few rows for the folds, or a constraint does not fit the features.
    """
    encoding = Encoding(schema, inputs.seed, inputs.encoding, inputs.constraints, inputs.weights)
    folds = Folds(encoding, frame, list(_folds(inputs, frame, schema)))
    return Objective(
        candidates={name: folds.candidate(learner(name)) for name in inputs.space},
        folds=len(folds),
        space=inputs.space,
        metric=metric,
        budget=Budget(inputs.rounds, inputs.patience),
        seed=inputs.seed,
        prune=inputs.tune.pruner != "none",
    )


def _folds(inputs: Inputs, frame: pd.DataFrame, schema: FeatureSchema) -> Iterator[tuple[Rows, Rows]]:
    label = inputs.problem.label
    if inputs.split.by == "time" and isinstance(label, EventLabel):
        return time_folds(frame[CUTOFF], inputs.tune.folds, inputs.split.embargo or label.horizon)
    group = inputs.split.group if inputs.split.group in frame.columns else schema.key
    return group_folds(
        frame[group],
        frame[LABEL].to_numpy(np.float64),
        inputs.tune.folds,
        inputs.seed,
        stratify=task(schema.task).has_probabilities,
    )
