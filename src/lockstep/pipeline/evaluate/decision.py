"""The threshold, chosen on the validation split, and the cost of decisions on the test split.

A threshold chosen on the test split would be fitted to it, and all metrics of decisions would be too good.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lockstep.artifacts.evaluation import Choice, Decision
from lockstep.artifacts.predictions import MODEL, Predictions
from lockstep.params.pipeline.evaluate import CostsSpec, EvaluateSpec
from lockstep.statistics import weighted
from lockstep.statistics.resamples import Key, Resampled
from lockstep.statistics.weighted import Floats, Statistic

EVERYBODY, NOBODY = "everybody", "nobody"  # predicted positive: decisions that need no model
POINTS = 101  # of the plot
COLUMNS = ("threshold", "cost", "precision", "recall", "predicted_positive")
DECIMALS = 6


def choose(label: Floats, score: Floats, spec: EvaluateSpec) -> float:
    """Return the threshold with the least cost, or the highest F1, for labels (n,) and scores (n,).

    Thresholds are scores that occur, so that rounding moves no row to the other side. Of equally good thresholds the
    highest is returned: it leads to the fewest actions. It lies above every score if no row is worth an action.
    """
    if isinstance(spec.threshold, float):
        return spec.threshold
    positive = label == 1
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.diff(score[order], append=np.nan) != 0)
    hits = np.concatenate([[0], np.cumsum(positive[order])[ends]])
    predicted = np.concatenate([[0], ends + 1])
    # Infinity stands for a threshold above every score, even if a score is 1.
    candidates = np.concatenate([[np.inf], score[order][ends]])
    if spec.threshold == "f1":
        worth = 2 * hits / np.maximum(predicted + positive.sum(), 1)
    else:
        worth = -_total(hits, predicted, int(positive.sum()), len(label), spec.costs)
    best = float(candidates[np.argmax(np.round(worth, 9))])  # the first of equals
    return best if np.isfinite(best) else 1.0 + 10.0**-DECIMALS


def thresholds(valid: Predictions, spec: EvaluateSpec) -> dict[str, float]:
    """Return the threshold of every predictor, chosen on its validation rows; nothing for tasks without threshold."""
    if not valid.kind.has_threshold:
        return {}
    return {name: choose(valid.label, values, spec) for name, values in valid.by.items()}


def row_costs(label: Floats, predicted: NDArray[np.bool_], costs: CostsSpec) -> Floats:
    """Return the cost of each decision, (n,)."""
    right = np.where(predicted, costs.true_positive, costs.true_negative)
    wrong = np.where(predicted, costs.false_positive, costs.false_negative)
    return np.where(predicted == (label == 1), right, wrong)


def prepare(predictions: Predictions, spec: EvaluateSpec) -> dict[Key, Statistic]:
    """Return the mean cost per row of every predictor, and of predicting all rows positive, or none."""
    if not predictions.kind.has_threshold:
        return {}
    decided = {name: values >= predictions.threshold(name) for name, values in predictions.by.items()}
    decided |= {EVERYBODY: np.ones(len(predictions.label), bool), NOBODY: np.zeros(len(predictions.label), bool)}
    return {
        ("cost", name): weighted.ratio(row_costs(predictions.label, decisions, spec.costs))
        for name, decisions in decided.items()
    }


def result(predictions: Predictions, spec: EvaluateSpec, resampled: Resampled, rows: int | None) -> Decision | None:
    """Return the threshold, its origin, and the cost of each way to decide; None for tasks without threshold.

    Args:
        predictions: of the test split.
        spec: rule and costs.
        resampled: of `prepare`'s statistics.
        rows: number of validation rows on which the threshold was chosen; None if it was not.
    """
    if not predictions.kind.has_threshold:
        return None
    return Decision(
        threshold=predictions.threshold(),
        thresholds={name: predictions.threshold(name) for name in predictions.by},
        rule=spec.threshold if isinstance(spec.threshold, str) and rows is not None else "fixed",
        rows=rows,
        costs=spec.costs.model_dump(),
        choices=tuple(_choices(resampled)),
    )


def points(predictions: Predictions, costs: CostsSpec) -> pd.DataFrame:
    """Return cost, precision, recall and share predicted positive by threshold, of the model on the test split."""
    if not predictions.kind.has_threshold:
        return pd.DataFrame(columns=list(COLUMNS))
    label, score = predictions.label, predictions.model
    positive = label == 1
    rows: list[Mapping[str, Any]] = []
    for threshold in np.linspace(0, 1, POINTS):
        predicted = score >= threshold
        hits = int((predicted & positive).sum())
        rows.append(
            {
                "threshold": threshold,
                "cost": row_costs(label, predicted, costs).mean(),
                "precision": hits / predicted.sum() if predicted.any() else np.nan,
                "recall": hits / positive.sum() if positive.any() else np.nan,
                "predicted_positive": predicted.mean(),
            }
        )
    return pd.DataFrame(rows).round(DECIMALS)


def _choices(resampled: Resampled) -> Iterator[Choice]:
    model = ("cost", MODEL)
    for key in resampled.observed:
        if key[0] == "cost":
            cost = resampled.estimate(key, "no rows")
            saved = None if key == model else resampled.saving(model, key)
            yield Choice(name=key[1], cost=cost, saved=saved)


def _total(hits: Floats, predicted: Floats, positives: int, rows: int, costs: CostsSpec) -> Floats:
    missed = positives - hits
    wrong = predicted - hits
    return np.asarray(
        hits * costs.true_positive
        + wrong * costs.false_positive
        + missed * costs.false_negative
        + (rows - positives - wrong) * costs.true_negative,
        dtype=np.float64,
    )
