"""Permutation importance, row by row: what each row loses when a feature's values are dealt out anew."""

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
    """What shuffling one feature does, in the mean over shuffles (Breiman, 2001).

    Attributes:
        worse: by how much the main metric gets worse; NaN where it is not defined.
        cost: (n,) by how much the loss of each row grows.
        marked: (n,) the part of it that involves a marked row: one that gave its value, or got another's.
    """

    worse: float
    cost: Floats
    marked: Floats


@dataclass(frozen=True)
class Deck:
    """The rows that are shuffled, with what the model says of them as they are.

    Attributes:
        schema: of the features.
        test: n rows.
        predict: the model.
        score: main metric of the intact rows, more being better.
        loss: (n,) of the intact rows.
    """

    schema: FeatureSchema
    test: pd.DataFrame
    predict: Predict
    score: float
    loss: Floats

    @classmethod
    def of(cls, schema: FeatureSchema, test: pd.DataFrame, predict: Predict) -> "Deck":
        """Return the rows with their predictions."""
        intact = collect(schema, test, {MODEL: predict(test)})
        return cls(schema, test, predict, score(intact), intact.loss())

    def shuffle(self, name: str, marked: NDArray[np.bool_], rng: np.random.Generator) -> Shuffled:
        """Return what the model loses without one feature.

        Args:
            name: of the feature.
            marked: (n,) rows whose part is told apart.
            rng: of the shuffles.
        """
        scores, cost, apart = [], np.zeros(len(self.test)), np.zeros(len(self.test))
        for _ in range(SHUFFLES):
            donor = rng.permutation(len(self.test))
            dealt = self.test.assign(**{name: self.test[name].to_numpy()[donor]})
            predicted = collect(self.schema, dealt, {MODEL: self.predict(dealt)})
            scores.append(score(predicted))
            more = (predicted.loss() - self.loss) / SHUFFLES
            cost += more
            apart += np.where(marked | marked[donor], more, 0.0)
        return Shuffled(self.score - float(np.mean(scores)), cost, apart)


def score(predictions: Predictions) -> float:
    """Return the model's main metric, turned so that more is better; NaN where it is not defined."""
    metric = predictions.kind.main
    value = observed(metric.prepare(predictions.label, predictions.model), len(predictions.label))
    return value if metric.greater_is_better else -value
