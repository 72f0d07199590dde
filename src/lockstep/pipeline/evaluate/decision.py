"""From a probability to a decision: the threshold, chosen on validation rows, and what the decisions cost.

Chosen on the test rows it would be fitted to them, and every number that depends on it too good.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lockstep.artifacts.evaluation import Choice, Decision
from lockstep.artifacts.predictions import MODEL, Predictions
from lockstep.params.evaluate import CostsSpec, EvaluateSpec
from lockstep.statistics import weighted
from lockstep.statistics.resamples import Key, Resampled
from lockstep.statistics.weighted import Floats, Statistic

EVERYBODY, NOBODY = "everybody", "nobody"  # decisions that need no model
POINTS = 101  # of the plot
COLUMNS = ("threshold", "cost", "precision", "recall", "called")
DECIMALS = 6


def choose(label: Floats, score: Floats, spec: EvaluateSpec) -> float:
    """Return the threshold by which rows (n,) with scores (n,) cost least, or have the highest F1.

    Thresholds are scores that occur, so that rounding moves no row to the other side. Of several that are as good, the
    highest: it calls for the fewest actions. Above every score where no row is worth calling.
    """
    if isinstance(spec.threshold, float):
        return spec.threshold
    positive = label == 1
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.diff(score[order], append=np.nan) != 0)
    hits = np.concatenate([[0], np.cumsum(positive[order])[ends]])
    called = np.concatenate([[0], ends + 1])
    # Calling no row at all is a threshold above every score, also where a score is 1.
    candidates = np.concatenate([[np.inf], score[order][ends]])
    if spec.threshold == "f1":
        worth = 2 * hits / np.maximum(called + positive.sum(), 1)
    else:
        worth = -_total(hits, called, int(positive.sum()), len(label), spec.costs)
    best = float(candidates[np.argmax(np.round(worth, 9))])  # the first of equals
    return best if np.isfinite(best) else 1.0 + 10.0**-DECIMALS


def thresholds(valid: Predictions, spec: EvaluateSpec) -> dict[str, float]:
    """Return the threshold of every predictor by its validation rows; none for other tasks."""
    if not valid.kind.has_threshold:
        return {}
    return {name: choose(valid.label, values, spec) for name, values in valid.by.items()}


def row_costs(label: Floats, called: NDArray[np.bool_], costs: CostsSpec) -> Floats:
    """Return what each decision costs, (n,)."""
    right = np.where(called, costs.true_positive, costs.true_negative)
    wrong = np.where(called, costs.false_positive, costs.false_negative)
    return np.where(called == (label == 1), right, wrong)


def prepare(predictions: Predictions, spec: EvaluateSpec) -> dict[Key, Statistic]:
    """Return the mean cost a row of every predictor, and of calling everybody or nobody; nothing for other tasks."""
    if not predictions.kind.has_threshold:
        return {}
    called = {name: values >= predictions.threshold(name) for name, values in predictions.by.items()}
    called |= {EVERYBODY: np.ones(len(predictions.label), bool), NOBODY: np.zeros(len(predictions.label), bool)}
    return {
        ("cost", name): weighted.ratio(row_costs(predictions.label, decisions, spec.costs))
        for name, decisions in called.items()
    }


def result(predictions: Predictions, spec: EvaluateSpec, resampled: Resampled, rows: int | None) -> Decision | None:
    """Return the threshold, where it comes from, and what each way to decide costs; None for other tasks.

    Args:
        predictions: of the test split.
        spec: rule and costs.
        resampled: of `prepare`'s statistics.
        rows: of the validation split, on which the threshold was chosen; None where it was not.
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
    """Return cost, precision, recall and share called by threshold, of the model on the test rows."""
    if not predictions.kind.has_threshold:
        return pd.DataFrame(columns=list(COLUMNS))
    label, score = predictions.label, predictions.model
    positive = label == 1
    rows: list[Mapping[str, Any]] = []
    for threshold in np.linspace(0, 1, POINTS):
        called = score >= threshold
        hits = int((called & positive).sum())
        rows.append(
            {
                "threshold": threshold,
                "cost": row_costs(label, called, costs).mean(),
                "precision": hits / called.sum() if called.any() else np.nan,
                "recall": hits / positive.sum() if positive.any() else np.nan,
                "called": called.mean(),
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


def _total(hits: Floats, called: Floats, positives: int, rows: int, costs: CostsSpec) -> Floats:
    missed = positives - hits
    wrong = called - hits
    return np.asarray(
        hits * costs.true_positive
        + wrong * costs.false_positive
        + missed * costs.false_negative
        + (rows - positives - wrong) * costs.true_negative,
        dtype=np.float64,
    )
