"""Rows near the cutoff: events dated too early raise an alarm, honest recency does not."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from lockstep.artifacts.evaluation import Explanation
from lockstep.artifacts.schema import Feature, FeatureSchema
from lockstep.params.pipeline.evaluate import EvaluateSpec
from lockstep.pipeline.evaluate import importance, near_cutoff
from lockstep.pipeline.evaluate.shuffling import Shuffled

DAY = timedelta(days=1)
ROWS = 1200
NAMES = ("orders_count_30d", "orders_amount_sum_7d", "orders_recency", "tickets_count_7d")


def schema(*names: str, cutoff: str | None = "cutoff", origin: str = "aggregate") -> FeatureSchema:
    return FeatureSchema(
        task="binary",
        key="customer_id",
        cutoff=cutoff,
        features=tuple(Feature(name=name, kind="number", origin=origin) for name in names or NAMES),
    )


def rows(rng: np.random.Generator, leaked: float = 0.0) -> pd.DataFrame:
    """Customers with 0 to many orders in the past; each who was active lately and often is likely to buy again.

    A share `leaked` of those who buy on the first days after the cutoff has that order dated to the day before it: the
    count, the sum and the recency see it.
    """
    rate = rng.gamma(2, 0.06, ROWS)
    recency = rng.exponential(1 / rate)
    count = rng.poisson(30 * rate) * (recency < 30)
    amount = rng.gamma(2, 10, ROWS) * (recency < 7)
    label = (rng.random(ROWS) < 1 / (1 + np.exp(-0.5 + 0.08 * recency - 0.1 * count))).astype(float)
    early = (label == 1) & (rng.random(ROWS) < leaked)
    return pd.DataFrame(
        {
            "customer_id": np.arange(ROWS),
            "cutoff": pd.Timestamp("2025-05-01"),
            "orders_count_30d": count + early,
            "orders_amount_sum_7d": amount + early * rng.gamma(20, 10, ROWS),
            "orders_recency": np.where(early, rng.random(ROWS), recency),
            "tickets_count_7d": rng.poisson(0.3, ROWS).astype(float),
            "label": label,
        }
    )


def explained(seed: int, leaked: float = 0.0) -> Explanation:
    rng = np.random.default_rng(seed)
    train, test = rows(rng, leaked), rows(rng, leaked)
    model = HistGradientBoostingClassifier(max_iter=25, max_depth=3, random_state=0).fit(
        train[list(NAMES)].to_numpy(), train["label"]
    )
    return importance.explain(
        schema(),
        {"train": train, "test": test},
        lambda frame: model.predict_proba(frame[list(NAMES)].to_numpy())[:, 1],
        {},
        EvaluateSpec(),
        7,
    )


def test_events_of_the_label_window_dated_a_day_early_raise_an_alarm() -> None:
    found = explained(1, leaked=0.1)
    (alarm,) = found.alarms
    assert " of the importance of orders_amount_sum_7d is from " in alarm
    assert "within 1d before the cutoff" in alarm
    assert {one.name: one for one in found.features}["orders_amount_sum_7d"].near > 0.8


def test_recency_that_matters_honestly_raises_none_in_thirty_worlds() -> None:
    """It is judged in all of them, and its importance is there to be attributed."""
    found = [explained(seed) for seed in range(30)]
    assert not [alarm for one in found for alarm in one.alarms if " of the importance of " in alarm]
    shares = [{one.name: one.near for one in each.features}["orders_recency"] for each in found]
    assert all(share is not None for share in shares)


@pytest.mark.parametrize("noise", [1.0, 5.0], ids=["noise alike", "heavier near the cutoff"])
def test_what_shuffling_costs_by_chance_raises_no_alarm(noise: float) -> None:
    """A feature that does not matter: costs of either sign, in a thousand worlds."""
    rng = np.random.default_rng(11)
    alarms = 0
    for _ in range(1000):
        near = rng.random(500) < 0.1
        cost = rng.normal(size=500) * np.where(near, noise, 1.0)
        alarms += near_cutoff.suspicious(shuffled(cost, near), np.arange(500), 0.6)
    assert alarms <= 3


def shuffled(cost: NDArray[Any], near: NDArray[Any]) -> Shuffled:
    return near_cutoff.Shuffled(float(cost.sum()), cost, np.where(near, cost, 0.0))


def test_rows_of_one_entity_are_one_witness() -> None:
    """The same fifty rows: of fifty entities they are proof, of two they are not."""
    near = np.arange(50) < 40
    cost = 1.0 + np.random.default_rng(0).normal(size=50)
    assert near_cutoff.suspicious(shuffled(cost, near), np.arange(50), 0.3)
    assert not near_cutoff.suspicious(shuffled(cost, near), np.arange(50) // 25, 0.3)


def test_a_feature_belongs_to_the_recency_whose_name_begins_alike_for_longest() -> None:
    names = ("orders_count_7d", "orders_amount_mean_7d", "orders_recency", "orders_amount_recency", "calls_count_7d")
    frame = pd.DataFrame({name: np.linspace(0, 10, 300) for name in names})
    found = near_cutoff.find(schema(*names), frame.assign(orders_amount_recency=np.linspace(5, 0.5, 300)), DAY)
    assert {name: int(near.sum()) for name, near in found.rows.items()} == {
        "orders_count_7d": 30,
        "orders_amount_mean_7d": 34,
        "orders_recency": 30,
        "orders_amount_recency": 34,
    }
    assert found.not_applicable == ("calls_count_7d: no recency feature holds the time of the last event",)


def test_a_window_of_a_day_is_not_judged_for_it_can_matter_nowhere_else() -> None:
    frame = pd.DataFrame({"orders_recency": np.linspace(0, 10, 300)})
    frame["orders_count_1d"] = (frame["orders_recency"] <= 1) * 2.0
    found = near_cutoff.find(schema(*frame.columns), frame, DAY)
    assert list(found.rows) == ["orders_recency"]


@pytest.mark.parametrize(
    ("recency", "reason"),
    [
        (np.linspace(0, 50, 300), "orders_recency: 6 rows near the cutoff are too few"),
        (np.linspace(0, 2, 300), "orders_recency: 50% of the rows are near the cutoff, too many for the check"),
        (np.full(300, np.nan), "orders_recency: 0 rows near the cutoff are too few"),
    ],
    ids=["few", "many", "no events"],
)
def test_too_few_or_too_many_rows_near_the_cutoff_are_a_reason_for_no_check(recency: NDArray[Any], reason: str) -> None:
    frame = pd.DataFrame({"orders_recency": recency, "orders_count_7d": np.arange(300.0)})
    found = near_cutoff.find(schema(*frame.columns), frame, DAY)
    assert (found.rows, found.not_applicable) == ({}, (reason,))


def test_without_cutoffs_or_events_the_check_does_not_apply() -> None:
    frame = pd.DataFrame({"age": [1.0]})
    assert near_cutoff.find(schema("age", cutoff=None), frame, DAY).not_applicable == ("a flat table has no cutoffs",)
    found = near_cutoff.find(schema("age", origin="attribute"), frame, DAY)
    assert found.not_applicable == ("no feature is an aggregate of events",)
