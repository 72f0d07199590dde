"""Two classes: the model predicts the probability of class 1."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockstep.statistics import top, weighted
from lockstep.statistics.metric import Metric, Rule
from lockstep.statistics.weighted import Floats, Statistic
from lockstep.tasks.formulas import f1, log_loss, log_loss_of_rows, scikit_learn
from lockstep.tasks.task import Task

POSITIVE = "needs a positive row"


def best_f1(label: NDArray[Any], probability: NDArray[Any], _: int = 2) -> float:
    """Return the F1 score at its best threshold on these rows; 0.5 would be arbitrary."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(label, probability)
    total = precision + recall
    scores = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    return float(scores.max())


def _precision(label: NDArray[Any], prediction: Floats, rule: Rule) -> Statistic:
    predicted = prediction >= rule.threshold
    return weighted.ratio(predicted & (label == 1), predicted)


def _recall(label: NDArray[Any], prediction: Floats, rule: Rule) -> Statistic:
    return weighted.ratio((prediction >= rule.threshold) & (label == 1), label == 1)


METRICS = (
    Metric(
        "roc_auc",
        "auc",
        "ROC AUC",
        lambda label, p, _: weighted.roc_auc(label == 1, p),
        undefined="needs rows of both classes",
        brief=True,
    ),
    Metric(
        "average_precision",
        "ap",
        "Average precision",
        lambda label, p, _: weighted.average_precision(label == 1, p),
        undefined=POSITIVE,
        brief=True,
    ),
    Metric("log_loss", "logloss", "Log loss", log_loss, greater_is_better=False, brief=True),
    Metric(
        "brier",
        "brier",
        "Brier score",
        lambda label, p, _: weighted.ratio((label - p) ** 2),
        greater_is_better=False,
        brief=True,
    ),
    Metric(
        "f1",
        "f1",
        "F1 at the threshold",
        lambda label, p, rule: f1(label == 1, p >= rule.threshold),
        undefined="no row is positive or predicted positive",
    ),
    Metric(
        "precision", "precision", "Precision at the threshold", _precision, undefined="no row is predicted positive"
    ),
    Metric("recall", "recall", "Recall at the threshold", _recall, undefined=POSITIVE),
    Metric(
        "lift_at_top",
        "lift_top",
        "Lift in the top {top_share:.0%}",
        lambda label, p, rule: top.lift(label == 1, p, rule.top_share),
        undefined=POSITIVE,
    ),
    Metric(
        "precision_at_top",
        "precision_top",
        "Precision in the top {top_share:.0%}",
        lambda label, p, rule: top.precision(label == 1, p, rule.top_share),
    ),
    Metric(
        "recall_at_top",
        "recall_top",
        "Recall in the top {top_share:.0%}",
        lambda label, p, rule: top.recall(label == 1, p, rule.top_share),
        undefined=POSITIVE,
    ),
)

TASK = Task(
    name="binary",
    output="probability",
    measures=("absent", "present"),
    metrics=METRICS,
    search={
        "average_precision": scikit_learn("average_precision_score"),
        "roc_auc": scikit_learn("roc_auc_score"),
        "log_loss": scikit_learn("log_loss"),
        "f1": best_f1,
    },
    loss=log_loss_of_rows,
    loss_title="Log loss",
    baselines=("majority", "logistic"),
    tests=("delong", "mcnemar", "wilcoxon_snapshots"),
    curves=("roc", "pr", "confusion", "calibration"),
    axes=("Predicted probability", "Share of positives"),
    mean_label="Base rate",
)
