"""Each metric is scikit-learn's, for any weights: a resample is a weighting."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as peers

from lockstep.statistics import weighted
from lockstep.statistics.bootstrap import observed
from lockstep.statistics.metric import Metric, Rule
from lockstep.tasks.registry import BUILT_IN, task

ROWS = st.integers(2, 40)
# Few distinct values: ties are where a home-made AUC goes wrong.
PROBABILITY = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.500001, 0.75, 0.9, 1.0])
LEAST = 1e-6
TOP = ("precision_at_top", "recall_at_top", "lift_at_top")

BINARY = {
    "roc_auc": peers.roc_auc_score,
    "average_precision": peers.average_precision_score,
    "log_loss": lambda y, p, sample_weight: peers.log_loss(
        y, np.where(y == 1, np.maximum(p, LEAST), np.minimum(p, 1 - LEAST)), labels=[0, 1], sample_weight=sample_weight
    ),
    "brier": peers.brier_score_loss,
    "f1": lambda y, p, sample_weight: peers.f1_score(y, p >= 0.5, sample_weight=sample_weight),
    "precision": lambda y, p, sample_weight: peers.precision_score(y, p >= 0.5, sample_weight=sample_weight),
    "recall": lambda y, p, sample_weight: peers.recall_score(y, p >= 0.5, sample_weight=sample_weight),
}
REGRESSION = {
    "rmse": peers.root_mean_squared_error,
    "mae": peers.mean_absolute_error,
    "r2": peers.r2_score,
    "pinball": lambda y, p, sample_weight: peers.mean_pinball_loss(y, p, alpha=0.9, sample_weight=sample_weight),
}


def metrics_of(name: str) -> dict[str, Metric]:
    return {metric.name: metric for metric in task(name).metrics}


@st.composite
def binary(draw: Any) -> Any:
    rows = draw(ROWS)
    label = draw(hnp.arrays(float, rows, elements=st.sampled_from([0.0, 1.0])))
    score = draw(hnp.arrays(float, rows, elements=PROBABILITY))
    weights = draw(hnp.arrays(np.int32, rows, elements=st.integers(0, 4)))
    return label, score, weights


@pytest.mark.parametrize("name", BINARY)
@given(case=binary())
@settings(max_examples=60, deadline=None)
def test_binary_metrics_are_those_of_scikit_learn(name: str, case: bytes) -> None:
    label, score, weights = case
    value = metrics_of("binary")[name].prepare(label, score)(weights[None])[0]
    assume(not np.isnan(value))
    assert value == pytest.approx(BINARY[name](label, score, sample_weight=weights), abs=1e-9)


@given(case=binary())
@settings(max_examples=200, deadline=None)
def test_a_binary_metric_is_undefined_exactly_where_its_reason_says(case: bytes) -> None:
    label, score, weights = case
    drawn, called = weights > 0, score >= 0.5
    positives, negatives = (drawn & (label == 1)).any(), (drawn & (label == 0)).any()
    expected = {
        "roc_auc": positives and negatives,
        "average_precision": positives,
        "recall": positives,
        "precision": (drawn & called).any(),
        "f1": positives or (drawn & called).any(),
        "log_loss": drawn.any(),
        "brier": drawn.any(),
        "lift_at_top": positives,
        "precision_at_top": drawn.any(),
        "recall_at_top": positives,
    }
    for name, metric in metrics_of("binary").items():
        assert np.isnan(metric.prepare(label, score)(weights[None])[0]) != expected[name], name


@given(seed=st.integers(0, 10_000), rows=st.integers(5, 60), classes=st.integers(3, 5))
@settings(max_examples=60, deadline=None)
def test_multiclass_metrics_are_those_of_scikit_learn(seed: int, rows: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, classes, rows).astype(float)
    chance = rng.dirichlet(np.ones(classes), rows)
    weights = rng.integers(0, 3, rows)
    assume(weights.any())
    found = {name: m.prepare(label, chance)(weights[None])[0] for name, m in metrics_of("multiclass").items()}
    chosen, names = chance.argmax(axis=1), list(range(classes))
    kept = weights > 0  # f1_score takes a class without weight for one that is there
    expected = {
        "log_loss": peers.log_loss(label, np.clip(chance, LEAST, 1), labels=names, sample_weight=weights),
        "accuracy": peers.accuracy_score(label, chosen, sample_weight=weights),
        "macro_f1": peers.f1_score(label[kept], chosen[kept], average="macro", sample_weight=weights[kept]),
        "micro_roc_auc": peers.roc_auc_score(
            np.eye(classes)[label.astype(int)].ravel(), chance.ravel(), sample_weight=np.repeat(weights, classes)
        ),
        "top_k_accuracy": peers.top_k_accuracy_score(label, chance, k=2, labels=names, sample_weight=weights),
    }
    if len(np.unique(label[kept])) == classes:
        expected["macro_roc_auc"] = np.mean(
            [peers.roc_auc_score(label == k, chance[:, k], sample_weight=weights) for k in names]
        )
    else:
        assert np.isnan(found.pop("macro_roc_auc"))
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", REGRESSION)
@given(seed=st.integers(0, 10_000), rows=st.integers(3, 60), shift=st.sampled_from([0.0, 1e6, -1e9]))
@settings(max_examples=40, deadline=None)
def test_regression_metrics_are_those_of_scikit_learn(name: str, seed: int, rows: int, shift: float) -> None:
    """Far from zero too, where a variance from raw sums of squares has no digits left."""
    rng = np.random.default_rng(seed)
    label = rng.normal(size=rows) + shift
    prediction = label + rng.normal(size=rows)
    weights = rng.integers(1, 4, rows)
    value = metrics_of("regression")[name].prepare(label, prediction)(weights[None])[0]
    assert value == pytest.approx(REGRESSION[name](label, prediction, sample_weight=weights), rel=1e-5)


@given(case=binary(), share=st.sampled_from([0.05, 0.1, 0.3, 0.5, 1.0]))
@settings(max_examples=200, deadline=None)
def test_the_top_is_what_one_gets_on_average_when_ties_are_drawn_by_lot(case: bytes, share: float) -> None:
    """Each row repeated by its weight; the expected number of hits among the first rows, tie group by tie group."""
    label, score, weights = case
    assume((weights * label).any())
    labels, scores = np.repeat(label, weights), np.repeat(score, weights)
    taken = math.ceil(Fraction(str(share)) * len(labels))
    left, hits = taken, 0.0
    for value in np.unique(scores)[::-1]:
        group = labels[scores == value]
        hits += group.mean() * min(left, len(group))
        left -= min(left, len(group))
    rule = Rule(top_share=share)
    found = {name: metrics_of("binary")[name].prepare(label, score, rule)(weights[None])[0] for name in TOP}
    assert found == pytest.approx(
        {
            "precision_at_top": hits / taken,
            "recall_at_top": hits / labels.sum(),
            "lift_at_top": hits / taken / labels.mean(),
        }
    )


def test_a_threshold_moves_the_metrics_of_decisions_and_no_other() -> None:
    label, score = np.array([0.0, 0, 1, 1]), np.array([0.1, 0.3, 0.2, 0.4])
    for name, metric in metrics_of("binary").items():
        low, high = (observed(metric.prepare(label, score, Rule(threshold=t)), 4) for t in (0.2, 0.35))
        assert (low != high) == (name in ("f1", "precision", "recall")), name


def test_r_squared_of_equal_labels_is_undefined() -> None:
    label = np.full(10, 0.1)
    assert np.isnan(observed(weighted.r_squared(label, label + 1), 10))


def test_many_weightings_at_once_are_each_as_on_their_own() -> None:
    rng = np.random.default_rng(3)
    label, score = rng.integers(0, 2, 50).astype(float), np.round(rng.random(50), 1)
    weights = rng.integers(0, 4, (7, 50))
    for metric in metrics_of("binary").values():
        statistic = metric.prepare(label, score)
        alone = [statistic(row[None])[0] for row in weights]
        np.testing.assert_allclose(statistic(weights), alone, rtol=1e-12)


def test_a_restricted_statistic_sees_only_its_rows() -> None:
    rng = np.random.default_rng(4)
    label, score = rng.integers(0, 2, 50).astype(float), rng.random(50)
    rows = np.flatnonzero(np.arange(50) % 3 == 0)
    auc = metrics_of("binary")["roc_auc"]
    inside = weighted.restrict(auc.prepare(label[rows], score[rows]), rows)
    weights = rng.integers(0, 3, (4, 50))
    other = np.where(np.isin(np.arange(50), rows), weights, 9)
    np.testing.assert_array_equal(inside(weights), inside(other))
    assert inside(weights)[0] == pytest.approx(
        peers.roc_auc_score(label[rows], score[rows], sample_weight=weights[0, rows])
    )


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_gain_above_zero_is_always_better(name: str) -> None:
    """By every metric, a perfect model gains on a poor one."""
    rng = np.random.default_rng(5)
    label = {"regression": rng.normal(size=80)}.get(name, rng.integers(0, 2 if name == "binary" else 3, 80))
    perfect = np.eye(3)[label] if name == "multiclass" else label.astype(float)
    poor = rng.random(perfect.shape) if name != "multiclass" else perfect[::-1]
    for metric in metrics_of(name).values():
        best, worst = (observed(metric.prepare(label.astype(float), p), 80) for p in (perfect, poor))
        assert metric.gain(np.array(best), np.array(worst)) > 0, metric.name


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.int64])
def test_the_width_of_weights_and_counters_changes_no_bit(
    name: str, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    statistic = metrics_of("binary")[name].prepare((rng.random(300) < 0.3).astype(float), rng.random(300).round(2))
    weights = rng.integers(0, 256, (20, 300))
    expected = statistic(weights)
    assert len(np.unique(expected)) == 20
    assert np.array_equal(statistic(weights.astype(kind)), expected)
    monkeypatch.setattr(weighted, "HALF_OF_INT32", 1)
    assert np.array_equal(statistic(weights.astype(kind)), expected)
