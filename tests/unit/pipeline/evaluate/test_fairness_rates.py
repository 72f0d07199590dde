"""Rates by group against scikit-learn, and differences with intervals."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from lockstep.artifacts.predictions import Predictions
from lockstep.evaluation.segments import Group
from lockstep.params.pipeline.evaluate import EvaluateSpec
from lockstep.pipeline.evaluate.assess import FurtherResults, assess

SPEC = EvaluateSpec(bootstrap=300)


def world(rows: int, seed: int, shift: float) -> tuple[Any, ...]:
    """Group b gets scores that are higher by a shift."""
    rng = np.random.default_rng(seed)
    group = np.array(["a", "b"])[rng.integers(0, 2, rows)]
    label = (rng.random(rows) < 0.4).astype(float)
    score = np.clip(0.25 * label + 0.5 * rng.random(rows) + shift * (group == "b"), 0, 1).round(6)
    found = Predictions("binary", np.arange(rows), None, label, {"model": score}, {"model": 0.45})
    groups = {"sex": [Group(level, np.flatnonzero(group == level)) for level in "ab"]}
    return found, groups


def judge(found: Predictions, groups: dict[str, list[Group]]) -> tuple[Any, ...]:
    return assess(found, SPEC, 1, {}, further=FurtherResults(sensitive=groups)).fairness


def test_rates_are_those_of_the_confusion_matrix() -> None:
    found, groups = world(1000, 1, 0.1)
    (fairness,) = judge(found, groups)
    rates = {}
    for level, group in zip(fairness.levels, groups["sex"], strict=True):
        tn, fp, fn, tp = confusion_matrix(found.label[group.rows], found.model[group.rows] >= 0.45).ravel()
        rates[level.level] = ((tp + fp) / len(group.rows), tp / (tp + fn), fp / (fp + tn))
        said = (level.selection, level.true_positive, level.false_positive)
        assert [one.value for one in said] == pytest.approx(rates[level.level], abs=1e-6)
        assert all(one.low <= one.value <= one.high for one in said)
    gaps = np.abs(np.subtract(rates["a"], rates["b"]))
    said = {name: one.value for name, one in fairness.differences.items()}
    expected = {"demographic parity": gaps[0], "equal opportunity": gaps[1], "equalised odds": max(gaps[1:])}
    assert said == pytest.approx(expected, abs=2e-6)


def test_a_planted_difference_is_far_from_zero_and_none_is_near_it() -> None:
    unequal, equal = (judge(*world(2000, 2, shift))[0].differences["equal opportunity"] for shift in (0.2, 0.0))
    assert unequal.low > 0.2
    assert equal.low < 0.05


def test_a_small_group_is_left_out_with_a_reason() -> None:
    found, groups = world(300, 3, 0.0)
    groups["sex"].append(Group("c", np.arange(5)))
    (fairness,) = judge(found, groups)
    assert fairness.levels[2].selection.not_applicable == "5 rows; at least 30 are needed"
    only = {"sex": groups["sex"][2:]}
    assert (
        judge(found, only)[0].differences["demographic parity"].not_applicable
        == "fewer than two groups have enough rows"
    )


def test_other_tasks_have_no_such_rates() -> None:
    label = np.arange(100.0)
    numbers = Predictions("regression", np.arange(100), None, label, {"model": label + 1, "mean": label})
    assert judge(numbers, {"sex": [Group("a", np.arange(100))]}) == ()
