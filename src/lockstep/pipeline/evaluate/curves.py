"""The points of the plots: one CSV each, for `dvc plots` and for the report.

Every file exists for every task, because dvc.yaml lists it. The file of a curve that does not apply to the task has a
header only, and `dvc plots show` skips it.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from lockstep.artifacts.predictions import Predictions
from lockstep.pipeline.evaluate.calibration import bins, sides
from lockstep.statistics.weighted import Floats

POINTS = 400  # of a curve: a plot has no pixels for more
CLASSES = 20  # of the confusion, at most
DECIMALS = 6

COLUMNS = {
    "roc": ("false_positive_rate", "true_positive_rate", "threshold"),
    "pr": ("recall", "precision", "threshold"),
    "confusion": ("actual", "predicted", "count"),
    "calibration": ("predicted", "observed", "low", "high", "rows"),
    "scatter": ("predicted", "actual"),
}
"""Curve -> columns of its file; a task lists which of them apply to it."""

Codes = NDArray[np.intp]


def curves(predictions: Predictions, classes: tuple[str, ...] | None, confidence: float) -> dict[str, pd.DataFrame]:
    """Return the points of every plot by file name without ending.

    `roc_baseline` and `pr_baseline` are those of the linear baseline.
    """
    linear = predictions.by[predictions.baselines[-1]]
    draw: dict[str, Callable[[], pd.DataFrame]] = {
        "roc": lambda: roc(predictions, predictions.model),
        "roc_baseline": lambda: roc(predictions, linear),
        "pr": lambda: precision_recall(predictions, predictions.model),
        "pr_baseline": lambda: precision_recall(predictions, linear),
        "confusion": lambda: confusion(predictions, classes),
        "calibration": lambda: calibration(predictions, confidence),
        "scatter": lambda: scatter(predictions),
    }
    of = {name: name.removesuffix("_baseline") for name in draw}
    return {
        name: points() if of[name] in predictions.kind.curves else pd.DataFrame(columns=list(COLUMNS[of[name]]))
        for name, points in draw.items()
    }


def roc(predictions: Predictions, score: Floats) -> pd.DataFrame:
    """Return false and true positive rates by threshold, for two classes."""
    from sklearn.metrics import roc_curve

    fpr, tpr, threshold = roc_curve(predictions.label, score)
    return _thin(pd.DataFrame(dict(zip(COLUMNS["roc"], (fpr, tpr, np.minimum(threshold, 1.0)), strict=True))))


def precision_recall(predictions: Predictions, score: Floats) -> pd.DataFrame:
    """Return recall and precision by threshold, for two classes."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, threshold = precision_recall_curve(predictions.label, score)
    frame = pd.DataFrame({"recall": recall, "precision": precision, "threshold": np.append(threshold, 1.0)})
    return _thin(frame[::-1])


def confusion(predictions: Predictions, classes: tuple[str, ...] | None) -> pd.DataFrame:
    """Return the confusion matrix in long form."""
    names, (actual, chosen) = _largest(classes or ("0", "1"), predictions.label.astype(int), predictions.chosen())
    counts = np.zeros((len(names), len(names)), dtype=int)
    np.add.at(counts, (actual, chosen), 1)
    cells = [(a, p, int(counts[i, j])) for i, a in enumerate(names) for j, p in enumerate(names)]
    return pd.DataFrame(cells, columns=list(COLUMNS["confusion"]))


def _largest(names: tuple[str, ...], actual: Codes, chosen: Codes) -> tuple[tuple[str, ...], tuple[Codes, Codes]]:
    """Merge all but the most frequent classes into one, so that the table stays readable."""
    if len(names) <= CLASSES:
        return names, (actual, chosen)
    order = np.argsort(-np.bincount(actual, minlength=len(names)), kind="stable")
    kept = np.sort(order[:CLASSES])
    place = np.full(len(names), CLASSES)
    place[kept] = np.arange(CLASSES)
    shown = (*(names[k] for k in kept), f"({len(names) - CLASSES} others)")
    return shown, (place[actual], place[chosen])


def calibration(predictions: Predictions, confidence: float) -> pd.DataFrame:
    """Return mean prediction and mean label of rows grouped by prediction.

    For three or more classes: mean probability of the most likely class, and share of rows where it is right. `low` and
    `high` are Wilson's interval of a share, or the normal interval of a mean; they assume independent rows.
    """
    predicted, observed = sides(predictions)
    grouped = pd.DataFrame({"predicted": predicted, "observed": observed}).groupby(bins(predicted))
    z = float(norm.ppf((1 + confidence) / 2))
    rows, means = grouped.size(), grouped.mean()
    if predictions.kind.has_probabilities:
        low, high = _wilson(means["observed"], rows, z)
    else:
        low, high = _normal(means["observed"], grouped["observed"].std().fillna(0.0), rows, z)
    return means.assign(low=low, high=high, rows=rows).round(DECIMALS)


def scatter(predictions: Predictions) -> pd.DataFrame:
    """Return predicted and actual numbers of rows that are evenly spaced in the order of predictions."""
    order = np.lexsort((predictions.label, predictions.model))
    frame = pd.DataFrame({"predicted": predictions.model[order], "actual": predictions.label[order]})
    return frame.iloc[_evenly(len(frame))]


def _wilson(share: pd.Series, rows: pd.Series, z: float) -> tuple[pd.Series, pd.Series]:
    centre = (share + z**2 / (2 * rows)) / (1 + z**2 / rows)
    half = z / (1 + z**2 / rows) * np.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2))
    return (centre - half).clip(0, 1), (centre + half).clip(0, 1)


def _normal(mean: pd.Series, std: pd.Series, rows: pd.Series, z: float) -> tuple[pd.Series, pd.Series]:
    half = z * std / np.sqrt(rows)
    return mean - half, mean + half


def _thin(curve: pd.DataFrame) -> pd.DataFrame:
    """Keep points that are evenly spaced along the curve, with both ends."""
    if len(curve) > POINTS:
        steps = np.hypot(*(curve.iloc[:, :2].diff().fillna(0.0).to_numpy().T))
        length = np.cumsum(steps)
        kept = np.searchsorted(length, np.linspace(0, length[-1], POINTS - 1))
        curve = curve.iloc[np.unique(np.append(kept, len(curve) - 1))]
    return curve.round(DECIMALS)


def _evenly(rows: int) -> np.ndarray:
    return np.unique(np.linspace(0, rows - 1, min(rows, POINTS)).round().astype(int))
