"""Two models on the rows that both were tested on, and when they cannot be compared."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockstep.decisions.paired.compare import compare
from lockstep.decisions.paired.result import NotComparable
from lockstep.decisions.paired.rows import Scored, pair
from lockstep.decisions.paired.verdict import decide, standing
from lockstep.params.compare import CompareSpec
from lockstep.params.pipeline.evaluate import EvaluateSpec
from lockstep.statistics.estimate import Estimate

EVALUATE = EvaluateSpec(bootstrap=200)
SPEC = CompareSpec(min_effect=0.005, margin=0.02)
COLUMNS = {"binary": ["model_probability"], "regression": ["model_number"],
           "multiclass": [f"model_probability_{k}" for k in range(3)]}  # fmt: skip


def scored(
    task: str = "binary",
    rows: int = 600,
    *,
    noise: float = 1.0,
    seed: int = 1,
    start: int = 0,
    threshold: float = 0.5,
    later: bool = False,
) -> Scored:
    """Rows `start` and up; the same row has the same label whoever predicts it."""
    numbers = np.arange(start, start + rows)
    truth = np.random.default_rng(7).normal(size=5000)[numbers]
    seen = truth + noise * np.random.default_rng(seed).normal(size=5000)[numbers]
    frame = pd.DataFrame({"customer_id": numbers // 2})
    frame["cutoff"] = pd.to_datetime(["2025-06-30", "2025-07-31"] if later else ["2025-04-30", "2025-05-31"])[
        numbers % 2
    ]
    if task == "binary":
        frame["label"] = (truth > 0.5).astype(float)
        frame["model_probability"] = (1 / (1 + np.exp(-seen))).round(6)
    elif task == "multiclass":
        frame["label"] = np.digitize(truth, [-0.5, 0.5]).astype(float)
        chance = np.exp(-((seen[:, None] - [-1, 0, 1]) ** 2))
        frame[COLUMNS[task]] = (chance / chance.sum(axis=1, keepdims=True)).round(6)
    else:
        frame["label"] = truth
        frame["model_number"] = seen
    frame["segment_plan"] = np.where(numbers % 3 == 0, "basic", "plus")
    return Scored(frame, task, threshold if task == "binary" else None)


@pytest.mark.parametrize("task", COLUMNS)
def test_the_better_model_wins_by_interval_and_by_test(task: str) -> None:
    first, second = scored(task, noise=2.0), scored(task, noise=0.5, seed=2)
    found = compare(pair(first, second), EVALUATE, SPEC, 3)
    assert found.verdict == "better"
    assert found.main_contest.gain.low > 0
    assert min(test.p_value for test in found.tests if test.p_value is not None) < 0.001
    back = compare(pair(second, first), EVALUATE, SPEC, 3)
    assert back.verdict == "worse"
    assert back.main_contest.gain.value == -found.main_contest.gain.value
    assert {level.standing for level in back.segments[0].levels} == {"worse"}
    json.dumps(found.model_dump(mode="json"), allow_nan=False)


@pytest.mark.parametrize("task", COLUMNS)
def test_a_model_is_equivalent_to_itself_in_every_test(task: str) -> None:
    found = compare(pair(scored(task), scored(task)), EVALUATE, CompareSpec(), 3)
    assert found.verdict == "equivalent"
    assert all(test.p_value is None and test.not_applicable for test in found.tests)
    assert all(level.standing == "not worse" for level in found.segments[0].levels)


def test_only_common_rows_count_in_any_order() -> None:
    first, second = scored(rows=600), scored(rows=500, start=300, seed=2)
    shuffled = Scored(second.frame.sample(frac=1, random_state=1), "binary", 0.5)
    found, again = (compare(pair(first, one), EVALUATE, SPEC, 3) for one in (second, shuffled))
    assert (found.rows, found.entities, found.own_rows) == (300, 150, (600, 500))
    assert [contest.gain.value for contest in found.contests] == [contest.gain.value for contest in again.contests]
    only = compare(pair(*(Scored(one.frame[lambda f: f.customer_id.between(150, 299)], "binary", 0.5)
                          for one in (first, second))), EVALUATE, SPEC, 3)  # fmt: skip
    assert only.contests == found.contests


def test_each_model_decides_by_its_own_threshold() -> None:
    """The same scores: at another threshold other rows are called, and nothing else changes."""
    found = compare(pair(scored(threshold=0.5), scored(threshold=0.7)), EVALUATE, SPEC, 3)
    changed = {contest.name for contest in found.contests if contest.gain.value != 0}
    assert changed == {"f1", "precision", "recall"}
    assert next(test for test in found.tests if test.name == "McNemar").p_value is not None


NONE = (
    "0 rows are in both test splits; at least 30 are needed: "
    "the cutoffs are 2025-04-30 to 2025-05-31 in the first, {} in the second"
)


def changed(**columns: Any) -> Scored:
    one = scored(seed=2)
    return Scored(one.frame.assign(**columns), "binary", 0.5)


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (scored("regression"), "the task changed from binary to regression"),
        (scored(start=700), NONE.format("2025-04-30 to 2025-05-31")),
        (scored(later=True), NONE.format("2025-06-30 to 2025-07-31")),
        (changed(label=lambda f: f.label.where(f.index > 9, 1 - f.label)),
         "10 of the 600 common rows have different labels: data or label changed"),
        (changed(customer_id=lambda f: f.customer_id.astype(str)), "the type of the key customer_id changed"),
        (changed(customer_id=1), "the second has several rows with the same customer_id and cutoff"),
        (Scored(scored().frame.drop(columns="cutoff"), "binary", 0.5),
         "the key of a row changed from customer_id and cutoff to customer_id"),
    ],
)  # fmt: skip
def test_models_that_cannot_be_compared_have_a_reason(second: Any, reason: str) -> None:
    assert pair(scored(), second) == NotComparable(reason=reason)


@pytest.mark.parametrize(
    ("gain", "min_effect", "verdict"),
    [
        ((0.02, 0.01, 0.03), 0.0, "better"),
        ((0.02, 0.01, 0.03), 0.02, "better"),
        ((0.02, 0.01, 0.03), 0.021, "undecided"),
        ((0.02, 0.01, 0.03), 0.03, "equivalent"),
        ((-0.02, -0.03, -0.01), 0.0, "worse"),
        ((0.02, -0.01, 0.03), 0.0, "undecided"),
        ((0.0, 0.0, 0.0), 0.0, "equivalent"),
        ((0.0, -0.01, 0.01), 0.01, "equivalent"),
        ((0.02, 0.0, 0.03), 0.0, "undecided"),
    ],
)
def test_the_verdict_needs_significance_and_an_effect_that_matters(
    gain: tuple[float, float, float], min_effect: float, verdict: str
) -> None:
    value, low, high = gain
    found, reason = decide(Estimate(value=value, low=low, high=high), min_effect)
    assert found == verdict
    assert f"gain {value:+.4f}, interval {low:+.4f} to {high:+.4f}" in reason


def test_a_gain_without_an_interval_is_undecided_and_not_judged() -> None:
    assert decide(Estimate(not_applicable="one class"), 0.0) == ("undecided", "no interval: one class")
    assert standing(Estimate(not_applicable="one class"), 0.0) == "not judged"


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(-0.02, 0.1, "not worse"), (-0.03, 0.1, "unsure"), (-0.1, -0.03, "worse")]
)
def test_a_segment_may_be_worse_by_the_margin_and_no_more(low: float, high: float, expected: str) -> None:
    assert standing(Estimate(value=(low + high) / 2, low=low, high=high), 0.02) == expected
