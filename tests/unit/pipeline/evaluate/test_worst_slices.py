"""Slices: found on validation rows, measured on test rows, by the conditions as they are shown."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockstep.artifacts.predictions import Predictions
from lockstep.params.pipeline.evaluate import EvaluateSpec
from lockstep.pipeline.evaluate import slices
from lockstep.pipeline.evaluate.assess import FurtherResults, assess
from lockstep.pipeline.evaluate.slices import Bound, OfLevel
from tests.unit.evaluation.samples import make_schema

SCHEMA = make_schema("binary")
OTHER = next(name for name in SCHEMA.categories if name != "plan")


def world(rows: int, seed: int, *, bad: bool = True) -> tuple[Any, ...]:
    """The model is blind for visits above 5 of plan plus, and good everywhere else."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"customer_id": np.arange(rows), "spend": rng.random(rows), "visits": rng.integers(0, 11, rows) * 1.0}
    )
    frame["visits"] = frame["visits"].where(rng.random(rows) > 0.05)
    frame["plan"], frame[OTHER] = rng.choice(["basic", "plus"], rows), rng.choice(["a", None], rows)
    label = (rng.random(rows) < 0.5).astype(float)
    blind = ((frame["visits"] > 5) & (frame["plan"] == "plus")).to_numpy() & bad
    score = np.where(blind, 0.5, np.where(label == 1, 0.9, 0.1))
    return (
        frame,
        Predictions("binary", np.arange(rows), None, label, {"model": score, "majority": np.full(rows, 0.5)}),
        blind,
    )


def test_a_planted_blind_spot_is_found_and_confirmed_on_other_rows() -> None:
    frame, found, _ = world(2000, 1)
    rules = slices.find(SCHEMA, frame, found, 7)
    assert sorted(map(str, rules[0])) == ["plan is plus", "visits above 5.5"]
    test, predictions, blind = world(1500, 2)
    inside = slices.rows_of(rules[0], test)
    assert (inside == blind).all()
    further = FurtherResults(slices=[(rules[0], inside)])
    (worst,) = assess(predictions, EvaluateSpec(bootstrap=200), 1, {}, further=further).slices
    assert (worst.rows, worst.rule) == (blind.sum(), tuple(map(str, rules[0])))
    assert worst.loss.value == pytest.approx(np.log(2), abs=1e-6)
    assert 0.5 < worst.excess.low <= worst.excess.value


def test_where_there_is_no_blind_spot_test_rows_do_not_confirm_one() -> None:
    rng = np.random.default_rng(3)
    confirmed = 0
    for seed in range(10):
        frame, found, _ = world(1000, 10 + seed, bad=False)
        noisy = Predictions("binary", found.keys, None, found.label, {"model": rng.random(1000).round(6)})
        rules = slices.find(SCHEMA, frame, noisy, 7)
        test, other, _ = world(1000, 50 + seed, bad=False)
        noise = Predictions("binary", other.keys, None, other.label, {"model": rng.random(1000).round(6)})
        further = FurtherResults(slices=[(rule, slices.rows_of(rule, test)) for rule in rules[:1]])
        confirmed += sum(
            one.excess.low > 0 for one in assess(noise, EvaluateSpec(bootstrap=100), 1, {}, further=further).slices
        )
    assert confirmed <= 3


@pytest.mark.parametrize(
    ("condition", "rows", "text"),
    [
        (slices.Bound("x", above=False, bound=2.0, or_missing=False), [0, 1], "x at most 2"),
        (slices.Bound("x", above=True, bound=1.0, or_missing=True), [1, 2], "x above 1 or missing"),
        (slices.OfLevel("c", "a", other=False), [0], "c is a"),
        (slices.OfLevel("c", "a", other=True), [1, 2], "c is not a"),
        (slices.OfLevel("c", None, other=False), [2], "c is missing"),
    ],
)
def test_a_condition_matches_the_rows_of_its_text(condition: Bound | OfLevel, rows: list[int], text: str) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, np.nan], "c": ["a", "b", None]})
    assert np.flatnonzero(condition.rows(frame)).tolist() == rows
    assert str(condition) == text


def test_too_few_rows_to_tell_give_no_slice() -> None:
    frame, found, _ = world(50, 1)
    assert slices.find(SCHEMA, frame, found, 7) == []
