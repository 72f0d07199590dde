"""The points of the plots: one CSV each, for `dvc plots` and for the report.

Every file exists for every task, because dvc.yaml lists it; one that makes no sense for the task has a header only,
which `dvc plots show` passes over without a word.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from lockstep.artifacts.predictions import Predictions
from lockstep.pipeline.evaluate.calibration import bins, sides
from lockstep.statistics.weighted import Floats

POINTS = 400  # of a curve: more than a plot has pixels to show
CLASSES = 20  # of the confusion, at most
DECIMALS = 6

ROC = ("false_positive_rate", "true_positive_rate", "threshold")
PRECISION_RECALL = ("recall", "precision", "threshold")
CONFUSION = ("actual", "predicted", "count")
CALIBRATION = ("predicted", "observed", "low", "high", "rows")
SCATTER = ("predicted", "actual")

Codes = NDArray[np.intp]


def curves(predictions: Predictions, classes: tuple[str, ...] | None, confidence: float) -> dict[str, pd.DataFrame]:
    """Return the points of every plot by file name without ending.

    `roc_baseline` and `pr_baseline` are those of the linear baseline.
    """
    linear = predictions.by[predictions.baselines[-1]]
    return {
        "roc": roc(predictions, predictions.model),
        "roc_baseline": roc(predictions, linear),
        "pr": precision_recall(predictions, predictions.model),
        "pr_baseline": precision_recall(predictions, linear),
        "confusion": confusion(predictions, classes),
        "calibration": calibration(predictions, confidence),
        "scatter": scatter(predictions),
    }


def roc(predictions: Predictions, score: Floats) -> pd.DataFrame:
    """Return false and true positive rates by threshold, for two classes."""
    from sklearn.metrics import roc_curve

    if predictions.task != "binary":
        return _empty(ROC)
    fpr, tpr, threshold = roc_curve(predictions.label, score)
    return _thin(pd.DataFrame(dict(zip(ROC, (fpr, tpr, np.minimum(threshold, 1.0)), strict=True))))


def precision_recall(predictions: Predictions, score: Floats) -> pd.DataFrame:
    """Return recall and precision by threshold, for two classes."""
    from sklearn.metrics import precision_recall_curve

    if predictions.task != "binary":
        return _empty(PRECISION_RECALL)
    precision, recall, threshold = precision_recall_curve(predictions.label, score)
    frame = pd.DataFrame({"recall": recall, "precision": precision, "threshold": np.append(threshold, 1.0)})
    return _thin(frame[::-1])


def confusion(predictions: Predictions, classes: tuple[str, ...] | None) -> pd.DataFrame:
    """Return how often which class was taken for which, for classes."""
    if predictions.task == "regression":
        return _empty(CONFUSION)
    binary = predictions.task == "binary"
    names = ("0", "1") if binary or classes is None else classes
    chosen = (predictions.model >= predictions.threshold()).astype(int) if binary else predictions.model.argmax(axis=1)
    names, (actual, chosen) = _largest(names, predictions.label.astype(int), chosen)
    counts = np.zeros((len(names), len(names)), dtype=int)
    np.add.at(counts, (actual, chosen), 1)
    cells = [(a, p, int(counts[i, j])) for i, a in enumerate(names) for j, p in enumerate(names)]
    return pd.DataFrame(cells, columns=list(CONFUSION))


def _largest(names: tuple[str, ...], actual: Codes, chosen: Codes) -> tuple[tuple[str, ...], tuple[Codes, Codes]]:
    """Put all but the most frequent classes together as one, so that the table can be read."""
    if len(names) <= CLASSES:
        return names, (actual, chosen)
    order = np.argsort(-np.bincount(actual, minlength=len(names)), kind="stable")
    kept = np.sort(order[:CLASSES])
    place = np.full(len(names), CLASSES)
    place[kept] = np.arange(CLASSES)
    shown = (*(names[k] for k in kept), f"({len(names) - CLASSES} others)")
    return shown, (place[actual], place[chosen])


def calibration(predictions: Predictions, confidence: float) -> pd.DataFrame:
    """Return the mean prediction and the mean label of rows grouped by prediction.

    With more than two classes: of the probability of the likeliest class, and how often it is right. `low` and `high`
    are Wilson's interval of a share, or the normal one of a mean; they take rows as independent.
    """
    predicted, observed = sides(predictions)
    grouped = pd.DataFrame({"predicted": predicted, "observed": observed}).groupby(bins(predicted))
    z = float(norm.ppf((1 + confidence) / 2))
    rows, means = grouped.size(), grouped.mean()
    if predictions.task == "regression":
        low, high = _normal(means["observed"], grouped["observed"].std().fillna(0.0), rows, z)
    else:
        low, high = _wilson(means["observed"], rows, z)
    return means.assign(low=low, high=high, rows=rows).round(DECIMALS)


def scatter(predictions: Predictions) -> pd.DataFrame:
    """Return predicted against actual numbers: rows at even distance in the order of the predictions."""
    if predictions.task != "regression":
        return _empty(SCATTER)
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
    """Keep points at even distance along the curve, both ends included."""
    if len(curve) > POINTS:
        steps = np.hypot(*(curve.iloc[:, :2].diff().fillna(0.0).to_numpy().T))
        length = np.cumsum(steps)
        kept = np.searchsorted(length, np.linspace(0, length[-1], POINTS - 1))
        curve = curve.iloc[np.unique(np.append(kept, len(curve) - 1))]
    return curve.round(DECIMALS)


def _evenly(rows: int) -> np.ndarray:
    return np.unique(np.linspace(0, rows - 1, min(rows, POINTS)).round().astype(int))


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))
