"""Formulas that several tasks share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockstep.statistics import weighted
from lockstep.statistics.metric import Rule
from lockstep.statistics.weighted import Floats, Statistic
from lockstep.tasks.task import Scorer, Task

LEAST = 1e-6  # probabilities are kept to six decimals: a smaller one counts as this


def log_loss_of_rows(label: NDArray[Any], prediction: Floats) -> Floats:
    """Return -log of the predicted probability of each row's label, (n,)."""
    if prediction.ndim > 1:
        chance = prediction[np.arange(len(label)), label.astype(int)]
    else:
        chance = np.where(label == 1, prediction, 1 - prediction)
    return np.asarray(-np.log(np.clip(chance, LEAST, 1.0)))


def squared_error_of_rows(label: NDArray[Any], prediction: Floats) -> Floats:
    """Return the squared error of each row, (n,)."""
    return np.asarray((label - prediction) ** 2)


def log_loss(label: NDArray[Any], prediction: Floats, _: Rule) -> Statistic:
    """Return the mean log loss."""
    return weighted.ratio(log_loss_of_rows(label, prediction))


def f1(actual: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> Statistic:
    """Return the harmonic mean of precision and recall, from (n,) actual and predicted positives."""
    return weighted.ratio(2 * (actual & predicted), actual.astype(int) + predicted)


def scikit_learn(name: str) -> Scorer:
    """Return a function of `sklearn.metrics` as a scorer; it is imported when it is called."""

    def score(label: NDArray[Any], prediction: NDArray[Any], _: int) -> float:
        from sklearn import metrics

        return float(getattr(metrics, name)(label, prediction))

    return score


def constant_prediction(task: Task, label: NDArray[Any], rows: int, classes: int = 0) -> NDArray[np.float64]:
    """Return a prediction without features: the mean label, (rows,), or the shares of the classes, (rows, classes)."""
    if not task.has_classes:
        return np.full(rows, float(label.mean()))
    return np.tile(np.bincount(label.astype(int), minlength=classes) / len(label), (rows, 1))
