"""What a search can be scored by."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lockstep.core.errors import LockstepError, closest
from lockstep.params.problem import Task


@dataclass(frozen=True)
class SearchMetric:
    """`score(label, prediction)`, prediction as `learner.predict` gives it."""

    name: str
    score: Callable[[np.ndarray, np.ndarray], float]
    greater_is_better: bool


def search_metric(name: str | None, task: Task, classes: int | None = None) -> SearchMetric:
    """Return the metric of that name, or the task's usual one.

    Raises:
        LockstepError: the task has no such metric.
    """
    known = _known(task, classes)
    chosen = name or next(iter(known))
    if chosen not in known:
        raise LockstepError(
            f"params.yaml: tune.metric: {chosen!r} is not for task {task}{closest(chosen, known)}; "
            f"expected one of {', '.join(known)}"
        )
    score, greater_is_better = known[chosen]
    return SearchMetric(chosen, score, greater_is_better)


def _known(task: Task, classes: int | None) -> dict[str, tuple[Callable[[np.ndarray, np.ndarray], float], bool]]:
    """Return the task's metrics, the usual one first."""
    from sklearn import metrics

    levels = range(classes) if classes else None
    if task == "binary":
        return {
            "average_precision": (metrics.average_precision_score, True),
            "roc_auc": (metrics.roc_auc_score, True),
            "log_loss": (metrics.log_loss, False),
            "f1": (best_f1, True),
        }
    if task == "multiclass":
        return {
            "log_loss": (lambda y, p: metrics.log_loss(y, p, labels=levels), False),
            "accuracy": (lambda y, p: metrics.accuracy_score(y, p.argmax(axis=1)), True),
        }
    return {
        "rmse": (metrics.root_mean_squared_error, False),
        "mae": (metrics.mean_absolute_error, False),
        "r2": (metrics.r2_score, True),
    }


def best_f1(label: np.ndarray, probability: np.ndarray) -> float:
    """Return the F1 score at the threshold that is best on these rows: a threshold of 0.5 is no property of a model."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(label, probability)
    total = precision + recall
    scores = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    return float(scores.max())
