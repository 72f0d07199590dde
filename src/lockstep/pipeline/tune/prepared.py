"""The folds of a search: encoded once for each way to take numbers, binned once for each learner."""

from collections.abc import Sequence

import pandas as pd

from lockstep.fitting.encoding import Encoded, Encoding
from lockstep.learners.spec import LearnerSpec, Numbers
from lockstep.pipeline.tune.folds import Rows
from lockstep.pipeline.tune.objective import Candidate, PreparedFold


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
