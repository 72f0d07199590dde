"""The registry of metrics: one entry a task and name, each as a weighted statistic."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockstep.params.evaluate import HIGHER_IS_BETTER, EvaluateSpec
from lockstep.params.problem import Task
from lockstep.statistics import top, weighted
from lockstep.statistics.metric import Metric, Prepare, Rule
from lockstep.statistics.weighted import Floats, Statistic

LEAST = 1e-6  # probabilities are kept to six decimals: one that is nearer to 0 is called this


def for_task(task: Task) -> dict[str, Metric]:
    """Return the metrics of a task by name, the main one first."""
    return {
        name: Metric(name, *_TITLES[name], better, _PREPARE[task][name], _UNDEFINED.get(name, "no rows"))
        for name, better in HIGHER_IS_BETTER[task].items()
    }


def main_metric(task: Task) -> Metric:
    """Return the metric by which models are compared with baselines and segments with each other."""
    return next(iter(for_task(task).values()))


def rule_of(spec: EvaluateSpec, threshold: float) -> Rule:
    """Return how a predictor with this threshold decides."""
    return Rule(threshold, spec.top_share, spec.top_classes, spec.quantile)


def _log_loss(label: NDArray[Any], prediction: Floats, _: Rule) -> Statistic:
    chance = prediction[np.arange(len(label)), label.astype(int)] if prediction.ndim > 1 else None
    if chance is None:
        chance = np.where(label == 1, prediction, 1 - prediction)
    return weighted.ratio(-np.log(np.clip(chance, LEAST, 1.0)))


def _precision(label: NDArray[Any], prediction: Floats, rule: Rule) -> Statistic:
    called = prediction >= rule.threshold
    return weighted.ratio(called & (label == 1), called)


def _recall(label: NDArray[Any], prediction: Floats, rule: Rule) -> Statistic:
    return weighted.ratio((prediction >= rule.threshold) & (label == 1), label == 1)


def _f1(actual: NDArray[np.bool_], called: NDArray[np.bool_]) -> Statistic:
    return weighted.ratio(2 * (actual & called), actual.astype(int) + called)


def _macro_f1(label: NDArray[Any], prediction: Floats, _: Rule) -> Statistic:
    chosen = prediction.argmax(axis=1)
    parts = [_f1(label == k, chosen == k) for k in range(prediction.shape[1])]
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


def _pinball(label: NDArray[Any], prediction: Floats, rule: Rule) -> Statistic:
    short = label - prediction
    return weighted.ratio(np.maximum(rule.quantile * short, (rule.quantile - 1) * short))


_TITLES = {
    "roc_auc": ("auc", "ROC AUC"),
    "average_precision": ("ap", "Average precision"),
    "log_loss": ("logloss", "Log loss"),
    "brier": ("brier", "Brier score"),
    "f1": ("f1", "F1 at the threshold"),
    "precision": ("precision", "Precision at the threshold"),
    "recall": ("recall", "Recall at the threshold"),
    "lift_at_top": ("lift_top", "Lift in the top {top_share:.0%}"),
    "precision_at_top": ("precision_top", "Precision in the top {top_share:.0%}"),
    "recall_at_top": ("recall_top", "Recall in the top {top_share:.0%}"),
    "accuracy": ("accuracy", "Accuracy (micro F1)"),
    "macro_f1": ("f1", "Macro F1"),
    "macro_roc_auc": ("auc", "Macro ROC AUC, one against the rest"),
    "micro_roc_auc": ("auc_micro", "Micro ROC AUC, one against the rest"),
    "top_k_accuracy": ("top_k", "True class among the {top_classes} likeliest"),
    "rmse": ("rmse", "Root mean squared error"),
    "mae": ("mae", "Mean absolute error"),
    "r2": ("r2", "R²"),
    "pinball": ("pinball", "Pinball loss at {quantile:g}"),
}

_UNDEFINED = {
    "roc_auc": "needs rows of both classes",
    "macro_roc_auc": "needs rows of every class",
    "micro_roc_auc": "no rows",
    "average_precision": "needs a positive row",
    "recall": "needs a positive row",
    "lift_at_top": "needs a positive row",
    "recall_at_top": "needs a positive row",
    "precision": "no row is predicted positive",
    "f1": "no row is positive or predicted positive",
    "r2": "all labels are equal",
}

_PREPARE: dict[Task, dict[str, Prepare]] = {
    "binary": {
        "roc_auc": lambda label, p, _: weighted.roc_auc(label == 1, p),
        "average_precision": lambda label, p, _: weighted.average_precision(label == 1, p),
        "log_loss": _log_loss,
        "brier": lambda label, p, _: weighted.ratio((label - p) ** 2),
        "f1": lambda label, p, rule: _f1(label == 1, p >= rule.threshold),
        "precision": _precision,
        "recall": _recall,
        "lift_at_top": lambda label, p, rule: top.lift(label == 1, p, rule.top_share),
        "precision_at_top": lambda label, p, rule: top.precision(label == 1, p, rule.top_share),
        "recall_at_top": lambda label, p, rule: top.recall(label == 1, p, rule.top_share),
    },
    "multiclass": {
        "log_loss": _log_loss,
        "accuracy": lambda label, p, _: weighted.ratio(p.argmax(axis=1) == label),
        "macro_f1": _macro_f1,
        "macro_roc_auc": _macro_roc_auc,
        "micro_roc_auc": _micro_roc_auc,
        "top_k_accuracy": _top_k_accuracy,
    },
    "regression": {
        "rmse": lambda label, p, _: weighted.root(weighted.ratio((label - p) ** 2)),
        "mae": lambda label, p, _: weighted.ratio(np.abs(label - p)),
        "r2": lambda label, p, _: weighted.r_squared(label, p),
        "pinball": _pinball,
    },
}
