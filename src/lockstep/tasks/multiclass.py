"""Three or more classes: the model predicts the probability of each."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockstep.statistics import weighted
from lockstep.statistics.metric import Metric, Rule
from lockstep.statistics.weighted import Floats, Statistic
from lockstep.tasks.formulas import f1, log_loss, log_loss_of_rows
from lockstep.tasks.task import Task


def _search_log_loss(label: NDArray[Any], prediction: NDArray[Any], classes: int) -> float:
    from sklearn.metrics import log_loss

    return float(log_loss(label, prediction, labels=range(classes) if classes else None))


def _search_accuracy(label: NDArray[Any], prediction: NDArray[Any], _: int) -> float:
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(label, prediction.argmax(axis=1)))


def _macro_f1(label: NDArray[Any], prediction: Floats, _: Rule) -> Statistic:
    chosen = prediction.argmax(axis=1)
    parts = [f1(label == k, chosen == k) for k in range(prediction.shape[1])]
    return weighted.average(parts, skip_undefined=True)


def _macro_roc_auc(label: NDArray[Any], prediction: Floats, _: Rule) -> Statistic:
    parts = [weighted.roc_auc(label == k, prediction[:, k]) for k in range(prediction.shape[1])]
    return weighted.average(parts, skip_undefined=False)


def _micro_roc_auc(label: NDArray[Any], prediction: Floats, _: Rule) -> Statistic:
    """One area over all pairs of a row and a class: was the class of this row the true one?"""
    classes = prediction.shape[1]
    true = (label[:, None] == np.arange(classes)).ravel()
    inner = weighted.roc_auc(true, prediction.ravel())
    return weighted.restrict(inner, np.repeat(np.arange(len(label)), classes))


def _top_k_accuracy(label: NDArray[Any], prediction: Floats, rule: Rule) -> Statistic:
    own = prediction[np.arange(len(label)), label.astype(int)]
    # Rank of the true class; of classes with an equal chance the lower number comes first, as in argmax.
    tied_before = (prediction == own[:, None]) & (np.arange(prediction.shape[1]) < label[:, None])
    place = (prediction > own[:, None]).sum(axis=1) + tied_before.sum(axis=1)
    return weighted.ratio(place < rule.top_classes)


METRICS = (
    Metric("log_loss", "logloss", "Log loss", log_loss, greater_is_better=False, brief=True),
    Metric(
        "accuracy",
        "accuracy",
        "Accuracy (micro F1)",
        lambda label, p, _: weighted.ratio(p.argmax(axis=1) == label),
        brief=True,
    ),
    Metric("macro_f1", "f1", "Macro F1", _macro_f1, brief=True),
    Metric(
        "macro_roc_auc",
        "auc",
        "Macro ROC AUC, one against the rest",
        _macro_roc_auc,
        undefined="needs rows of every class",
        brief=True,
    ),
    Metric("micro_roc_auc", "auc_micro", "Micro ROC AUC, one against the rest", _micro_roc_auc),
    Metric("top_k_accuracy", "top_k", "True class among the {top_classes} likeliest", _top_k_accuracy),
)

TASK = Task(
    name="multiclass",
    output="probabilities",
    measures=(),
    metrics=METRICS,
    search={"log_loss": _search_log_loss, "accuracy": _search_accuracy},
    loss=log_loss_of_rows,
    loss_title="Log loss",
    baselines=("majority", "logistic"),
    tests=("mcnemar", "wilcoxon_snapshots"),
    curves=("confusion", "calibration"),
    axes=("Probability of the predicted class", "Share correct"),
    mean_label=None,
)
