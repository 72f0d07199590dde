"""The threshold has the least cost on validation rows; costs of decisions are measured on test rows."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from lockstep.artifacts.predictions import Predictions
from lockstep.core.errors import LockstepError
from lockstep.core.spec import parse
from lockstep.params.pipeline.evaluate import CostsSpec, EvaluateSpec
from lockstep.pipeline.evaluate import decision
from lockstep.pipeline.evaluate.assess import FurtherResults, assess


def spec(threshold: float | str = "cost", **costs: float) -> EvaluateSpec:
    return EvaluateSpec(bootstrap=200, threshold=threshold, costs=CostsSpec(**costs))


@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(1, 60),
    miss=st.sampled_from([0.5, 1.0, 7.0]),
    gain=st.sampled_from([0.0, -2.0]),
)
@settings(max_examples=150, deadline=None)
def test_no_threshold_at_all_costs_less_than_the_chosen_one(seed: int, rows: int, miss: float, gain: float) -> None:
    rng = np.random.default_rng(seed)
    label, score = (rng.random(rows) < 0.4).astype(float), rng.random(rows).round(1)
    chosen = spec(false_negative=miss, true_positive=gain)
    threshold = decision.choose(label, score, chosen)

    def cost(at: Any) -> Any:
        return decision.row_costs(label, score >= at, chosen.costs).mean()

    every = {at: cost(at) for at in [*(np.arange(11) / 10), 1.000001]}
    assert cost(threshold) == pytest.approx(min(every.values()))
    cheapest = [at for at, value in every.items() if value == pytest.approx(cost(threshold))]
    assert (score >= threshold).sum() == min((score >= at).sum() for at in cheapest)


@given(seed=st.integers(0, 10_000), rows=st.integers(2, 60))
@settings(max_examples=60, deadline=None)
def test_no_threshold_at_all_has_a_higher_f1_than_the_chosen_one(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    label, score = (rng.random(rows) < 0.4).astype(float), rng.random(rows).round(1)
    threshold = decision.choose(label, score, spec("f1"))
    best = max(f1_score(label, score >= at, zero_division=0) for at in np.arange(11) / 10)
    assert f1_score(label, score >= threshold, zero_division=0) == pytest.approx(best)


def test_with_true_probabilities_the_threshold_is_that_of_theory() -> None:
    """Call a row if p * miss > (1 - p) * alarm: from 1 / (1 + miss / alarm) on (Elkan, 2001)."""
    rng = np.random.default_rng(1)
    score = rng.random(200_000).round(3)
    label = (rng.random(200_000) < score).astype(float)
    for miss in (1.0, 3.0, 9.0):
        assert decision.choose(label, score, spec(false_negative=miss)) == pytest.approx(1 / (1 + miss), abs=0.02)


def test_where_no_row_is_worth_calling_none_is_called() -> None:
    label, score = np.array([0.0, 0, 0]), np.array([0.2, 0.9, 1.0])
    assert not (score >= decision.choose(label, score, spec())).any()


def test_a_number_is_the_threshold_itself() -> None:
    assert decision.choose(np.array([1.0]), np.array([0.3]), spec(0.25)) == 0.25


def predictions(thresholds: dict[str, float]) -> Predictions:
    rng = np.random.default_rng(2)
    score = rng.random(1000).round(6)
    label = (rng.random(1000) < score).astype(float)
    by = {"model": score, "majority": np.full(1000, 0.5)}
    return Predictions("binary", np.arange(1000), None, label, by, thresholds)


def test_costs_are_those_of_the_rows_and_savings_are_paired() -> None:
    found = assess(
        predictions({"model": 0.25, "majority": 0.25}),
        spec(false_negative=3.0),
        1,
        {},
        further=FurtherResults(chosen_on=500),
    )
    result = found.decision
    assert (result.threshold, result.rule, result.rows) == (0.25, "cost", 500)
    choices = {choice.name: choice for choice in result.choices}
    assert set(choices) == {"model", "majority", "everybody", "nobody"}
    label = predictions({}).label
    assert choices["everybody"].cost.value == pytest.approx((label == 0).mean(), abs=1e-6)
    assert choices["nobody"].cost.value == pytest.approx(3 * (label == 1).mean(), abs=1e-6)
    assert choices["majority"].cost == choices["everybody"].cost  # 0.5 lies above the threshold
    for name in ("majority", "nobody"):
        saved = choices[name].saved
        assert saved.value == pytest.approx(choices[name].cost.value - choices["model"].cost.value, abs=2e-6)
        assert 0 < saved.low < saved.value < saved.high


def test_points_of_the_plot_are_those_decisions() -> None:
    found = predictions({})
    points = decision.points(found, CostsSpec(false_negative=3.0)).set_index("threshold")
    assert points.loc[0.0, "cost"] == pytest.approx((found.label == 0).mean(), abs=1e-6)
    assert (points.loc[0.0, "recall"], points.loc[0.0, "predicted_positive"]) == (1, 1)
    assert points.loc[0.25, "cost"] == points["cost"].min() or points["cost"].idxmin() == pytest.approx(0.25, abs=0.1)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"threshold": 1.5}, r"threshold.*expected cost, f1 or a probability"),
        ({"threshold": "profit"}, r"threshold"),
        ({"costs": {"false_positive": -1.0}}, r"an error must cost more than the right decision"),
        ({"costs": {"false_positiv": 1.0}}, r"unknown key; did you mean 'false_positive'"),
    ],
)
def test_a_rule_that_makes_no_sense_is_an_error(section: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(LockstepError, match=message):
        parse(EvaluateSpec, section, tmp_path)
