"""Paired tests of two models, by the names that a task lists; a test that cannot be run has a reason."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from lockstep.artifacts.predictions import MODEL, Predictions
from lockstep.decisions.paired.result import PairedTest
from lockstep.decisions.paired.rows import FIRST
from lockstep.statistics import delong, mcnemar, signed_rank
from lockstep.statistics.bootstrap import observed
from lockstep.statistics.weighted import Floats


def run(predictions: Predictions) -> Iterator[PairedTest]:
    """Yield the tests of a task; `predictions.by` holds the first model and the second (`model`)."""
    codes = np.unique(predictions.keys, return_inverse=True)[1]
    for name in predictions.kind.tests:
        yield TESTS[name](predictions, codes)


def _delong(predictions: Predictions, codes: np.ndarray) -> PairedTest:
    found = delong.test(predictions.label == 1, predictions.by[FIRST], predictions.model, codes)
    about = {"name": "DeLong", "question": "is the ROC AUC the same?"}
    if isinstance(found, str):
        return PairedTest(**about, not_applicable=found)
    return PairedTest(**about, p_value=found.p_value, found=f"difference {found.difference:+.4f} ± {found.error:.4f}")


def _mcnemar(predictions: Predictions, codes: np.ndarray) -> PairedTest:
    correct = [predictions.chosen(name) == predictions.label for name in (FIRST, MODEL)]
    found = mcnemar.test(correct[0], correct[1], codes)
    about = {"name": "McNemar", "question": "is the share of correct rows the same?"}
    if isinstance(found, str):
        return PairedTest(**about, not_applicable=found)
    words = f"only the second is correct on {found.second_only:,} rows, only the first on {found.first_only:,}"
    return PairedTest(**about, p_value=found.p_value, found=words)


def _entities(predictions: Predictions, codes: np.ndarray) -> PairedTest:
    errors = {name: np.abs(predictions.label - values) for name, values in predictions.by.items()}
    gains = np.bincount(codes, errors[FIRST] - errors[MODEL]) / np.bincount(codes)
    return _signed_rank(gains, "Wilcoxon, by entity", "are the errors of the same size?", "entities")


def _snapshots(predictions: Predictions, _: np.ndarray) -> PairedTest:
    about = {"name": "Wilcoxon, by snapshot", "question": "is each better on as many snapshots?"}
    if predictions.cutoffs is None:
        return PairedTest(**about, not_applicable="a flat table has no snapshots")
    metric = predictions.kind.main
    values = {
        name: [_on(predictions, name, predictions.cutoffs == cutoff) for cutoff in np.unique(predictions.cutoffs)]
        for name in (FIRST, MODEL)
    }
    gains = metric.gain(np.array(values[MODEL]), np.array(values[FIRST]))
    return _signed_rank(gains[~np.isnan(gains)], about["name"], about["question"], "snapshots")


def _on(predictions: Predictions, name: str, rows: np.ndarray) -> float:
    return observed(predictions.kind.main.prepare(predictions.label[rows], predictions.by[name][rows]), int(rows.sum()))


def _signed_rank(gains: Floats, name: str, question: str, pairs: str) -> PairedTest:
    found = signed_rank.test(np.round(gains, 9))  # differences in the last bit are ties
    if isinstance(found, str):
        return PairedTest(name=name, question=question, not_applicable=found.replace("pairs", pairs))
    words = f"the second is better on {found.second_wins:,} {pairs}, the first on {found.first_wins:,}"
    return PairedTest(name=name, question=question, p_value=found.p_value, found=words)


TESTS: Mapping[str, Callable[[Predictions, np.ndarray], PairedTest]] = {
    "delong": _delong,
    "mcnemar": _mcnemar,
    "wilcoxon_entities": _entities,
    "wilcoxon_snapshots": _snapshots,
}
"""Name -> (predictions, number of each row's entity) -> result."""
