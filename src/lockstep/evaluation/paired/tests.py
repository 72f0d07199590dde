"""The tests that fit a task, each with its question, or with the reason why it cannot be asked."""

from collections.abc import Iterator

import numpy as np

from lockstep.artifacts.predictions import MODEL, Predictions
from lockstep.evaluation.paired.result import PairedTest
from lockstep.evaluation.paired.rows import FIRST
from lockstep.statistics import delong, mcnemar, signed_rank
from lockstep.statistics.bootstrap import observed
from lockstep.statistics.weighted import Floats
from lockstep.tasks.metrics import main_metric


def run(predictions: Predictions) -> Iterator[PairedTest]:
    """Yield the tests of a task; `predictions.by` holds the first model and the second (`model`)."""
    codes = np.unique(predictions.keys, return_inverse=True)[1]
    if predictions.task == "binary":
        yield _delong(predictions, codes)
    if predictions.task == "regression":
        yield _entities(predictions, codes)
    else:
        yield _mcnemar(predictions, codes)
    yield _snapshots(predictions)


def _delong(predictions: Predictions, codes: np.ndarray) -> PairedTest:
    found = delong.test(predictions.label == 1, predictions.by[FIRST], predictions.model, codes)
    about = {"name": "DeLong", "question": "the same area under the ROC curve?"}
    if isinstance(found, str):
        return PairedTest(**about, not_applicable=found)
    return PairedTest(**about, p_value=found.p_value, found=f"difference {found.difference:+.4f} ± {found.error:.4f}")


def _mcnemar(predictions: Predictions, codes: np.ndarray) -> PairedTest:
    right = [_right(predictions, name) for name in (FIRST, MODEL)]
    found = mcnemar.test(right[0], right[1], codes)
    about = {"name": "McNemar", "question": "equally often right?"}
    if isinstance(found, str):
        return PairedTest(**about, not_applicable=found)
    words = f"only the second is right on {found.second_only:,} rows, only the first on {found.first_only:,}"
    return PairedTest(**about, p_value=found.p_value, found=words)


def _right(predictions: Predictions, name: str) -> np.ndarray:
    values = predictions.by[name]
    if predictions.task == "binary":
        called: np.ndarray = (values >= predictions.threshold(name)) == (predictions.label == 1)
        return called
    chosen: np.ndarray = values.argmax(axis=1) == predictions.label
    return chosen


def _entities(predictions: Predictions, codes: np.ndarray) -> PairedTest:
    errors = {name: np.abs(predictions.label - values) for name, values in predictions.by.items()}
    gains = np.bincount(codes, errors[FIRST] - errors[MODEL]) / np.bincount(codes)
    return _signed_rank(gains, "Wilcoxon, by entity", "errors of the same size?", "entities")


def _snapshots(predictions: Predictions) -> PairedTest:
    about = {"name": "Wilcoxon, by snapshot", "question": "better on as many snapshots as worse?"}
    if predictions.cutoffs is None:
        return PairedTest(**about, not_applicable="a flat table has no snapshots")
    metric = main_metric(predictions.task)
    values = {
        name: [_on(predictions, name, predictions.cutoffs == cutoff) for cutoff in np.unique(predictions.cutoffs)]
        for name in (FIRST, MODEL)
    }
    gains = metric.gain(np.array(values[MODEL]), np.array(values[FIRST]))
    return _signed_rank(gains[~np.isnan(gains)], about["name"], about["question"], "snapshots")


def _on(predictions: Predictions, name: str, rows: np.ndarray) -> float:
    metric = main_metric(predictions.task)
    return observed(metric.prepare(predictions.label[rows], predictions.by[name][rows]), int(rows.sum()))


def _signed_rank(gains: Floats, name: str, question: str, pairs: str) -> PairedTest:
    found = signed_rank.test(np.round(gains, 9))  # equal is equal, whatever the last bit
    if isinstance(found, str):
        return PairedTest(name=name, question=question, not_applicable=found.replace("pairs", pairs))
    words = f"the second is better on {found.second_wins:,} {pairs}, the first on {found.first_wins:,}"
    return PairedTest(name=name, question=question, p_value=found.p_value, found=words)
