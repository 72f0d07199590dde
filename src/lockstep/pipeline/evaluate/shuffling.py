"""Permutation importance, also row by row: how the loss of each row grows if the values of a feature are shuffled."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lockstep.artifacts.predictions import MODEL, Predictions, collect
from lockstep.artifacts.schema import FeatureSchema
from lockstep.statistics.bootstrap import observed
from lockstep.statistics.weighted import Floats

Predict = Callable[[pd.DataFrame], Floats]

SHUFFLES = 3


@dataclass(frozen=True)
class Shuffled:
    """The effect of shuffling one feature, as the mean over several shuffles (Breiman, 2001).

    Attributes:
        worse: by how much the main metric gets worse; NaN if it is not defined.
        cost: (n,) increase of the loss of each row.
        marked: (n,) the same where the row, or the row whose value it got, is marked; 0 elsewhere.
    """

    worse: float
    cost: Floats
    marked: Floats


@dataclass(frozen=True)
class Shuffler:
    """The rows that are shuffled, with score and loss before shuffling.

    Attributes:
        schema: of the features.
        test: n rows.
        predict: the model.
        score: main metric before shuffling, with its sign changed if less is better.
        loss: (n,) before shuffling.
    """

    schema: FeatureSchema
    test: pd.DataFrame
    predict: Predict
    score: float
    loss: Floats

    @classmethod
    def of(cls, schema: FeatureSchema, test: pd.DataFrame, predict: Predict) -> "Shuffler":
        """Return the rows with their score and loss."""
        intact = collect(schema, test, {MODEL: predict(test)})
        return cls(schema, test, predict, score(intact), intact.loss())

    def shuffle(self, name: str, marked: NDArray[np.bool_], rng: np.random.Generator) -> Shuffled:
        """Return the effect of shuffling one feature.

        Args:
            name: of the feature.
            marked: (n,) rows whose part of the cost is reported separately.
            rng: of the shuffles.
        """
        scores, cost, part = [], np.zeros(len(self.test)), np.zeros(len(self.test))
        for _ in range(SHUFFLES):
            donor = rng.permutation(len(self.test))
            shuffled = self.test.assign(**{name: self.test[name].to_numpy()[donor]})
            predicted = collect(self.schema, shuffled, {MODEL: self.predict(shuffled)})
            scores.append(score(predicted))
            more = (predicted.loss() - self.loss) / SHUFFLES
            cost += more
            part += np.where(marked | marked[donor], more, 0.0)
        return Shuffled(self.score - float(np.mean(scores)), cost, part)


def score(predictions: Predictions) -> float:
    """Return the main metric of the model, with its sign changed if less is better; NaN if it is not defined."""
    metric = predictions.kind.main
    value = observed(metric.prepare(predictions.label, predictions.model), len(predictions.label))
    return value if metric.greater_is_better else -value
