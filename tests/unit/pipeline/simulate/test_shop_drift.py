"""Drift in the shop: none at first, then new channels and larger orders, then other causes of leaving."""

import numpy as np
import pandas as pd
import pytest

from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.pipeline.simulate.behaviour import AFTER, BEFORE, REST, _chance_of_leaving, behave
from lockstep.pipeline.simulate.events import SHIFTED_SPEND
from lockstep.pipeline.simulate.population import SHIFTED_ACQUISITION, populate
from lockstep.pipeline.simulate.shop import clean_chunk
from lockstep.pipeline.simulate.timeline import Timeline

SPEC = SimulateSpec()
SHIFT, TURN = pd.Timestamp("2025-07-01"), pd.Timestamp("2025-09-01")


@pytest.fixture(scope="module")
def shop() -> dict[str, pd.DataFrame]:
    chunks = [clean_chunk(SPEC, 7, index) for index in range(4)]
    return {
        table: pd.concat([pd.DataFrame({n: c.tolist() for n, c in chunk[table].items()}) for chunk in chunks])
        for table in chunks[0]
    }


def test_the_turning_points_lie_at_the_months_that_are_promised() -> None:
    timeline = Timeline.of(SPEC)
    assert timeline.start + timeline.shift == np.datetime64("2025-07-01")
    assert timeline.start + timeline.turn == np.datetime64("2025-09-01")
    assert timeline.start + timeline.days == np.datetime64("2026-01-01")


def test_an_order_costs_more_after_the_shift_and_as_much_as_ever_before_it(shop: dict[str, pd.DataFrame]) -> None:
    edges = [pd.Timestamp(day) for day in ("2024-01-01", "2024-07-01", "2025-01-01", SHIFT, TURN)]
    period = pd.cut(shop["orders"]["ordered_at"], edges, right=False)
    typical = shop["orders"].groupby(period, observed=True)["amount"].median()
    calm, shifted = typical.iloc[:3], typical.iloc[3]
    assert calm.max() / calm.min() < 1.05
    assert shifted / calm.mean() == pytest.approx(SHIFTED_SPEND, rel=0.05)


def test_customers_come_through_other_channels_after_the_shift_and_not_before(shop: dict[str, pd.DataFrame]) -> None:
    customers = shop["customers"]
    marketplace = customers["channel"] == "marketplace"
    late = customers["signed_up_at"] >= SHIFT
    recent = customers["signed_up_at"].between(SHIFT - pd.DateOffset(months=12), SHIFT, inclusive="left")
    assert marketplace[~late & ~recent].mean() < 0.06
    assert marketplace[recent].mean() < 0.06
    assert marketplace[late].mean() > 0.4


def test_more_customers_come_after_the_shift(shop: dict[str, pd.DataFrame]) -> None:
    months = shop["customers"]["signed_up_at"].dt.to_period("M").value_counts()
    late = months[months.index >= SHIFT.to_period("M")].mean()
    assert late / months[months.index < SHIFT.to_period("M")].mean() == pytest.approx(SHIFTED_ACQUISITION, rel=0.15)


def test_before_the_shift_the_shop_is_in_a_steady_state_but_for_the_seasons(shop: dict[str, pd.DataFrame]) -> None:
    orders = shop["orders"]
    calm = orders[(orders["ordered_at"] < SHIFT) & ~orders["ordered_at"].dt.month.isin([11, 12])]
    months = calm.groupby(calm["ordered_at"].dt.to_period("M")).agg(
        orders=("amount", "size"), customers=("customer_id", "nunique"), spend=("amount", "mean")
    )
    each = months["orders"] / months["customers"]
    assert each.max() / each.min() < 1.2
    assert months["spend"].max() / months["spend"].min() < 1.15
    assert months["customers"].max() / months["customers"].min() < 1.4


def test_december_is_busier_and_weekends_are_too(shop: dict[str, pd.DataFrame]) -> None:
    times = shop["orders"]["ordered_at"]
    times = times[times < SHIFT]
    december = ((times >= "2024-12-01") & (times < "2024-12-29")).sum()
    october = ((times >= "2024-10-01") & (times < "2024-10-29")).sum()
    assert 1.1 < december / october < 1.5
    days = times.dt.dayofweek.value_counts()
    assert days[5] > 1.15 * days[1]


def test_the_unhappy_leave_and_what_makes_them_leave_changes() -> None:
    people = populate(np.random.default_rng(7), 1000, Timeline.of(SPEC))
    for drivers in (BEFORE, AFTER):
        sad, glad = (_chance_of_leaving(drivers, people, np.full(1000, mood)) for mood in (-1.0, 1.0))
        assert (sad > glad).all()
    usual = np.zeros(1000)
    before, after = (_chance_of_leaving(drivers, people, usual) for drivers in (BEFORE, AFTER))
    premium, basic = people.plan == 2, people.plan == 0
    assert before[premium].mean() < before[basic].mean()
    assert after[premium].mean() > after[basic].mean()


@pytest.mark.parametrize(("plan", "stocks_up_before"), [(0, False), (2, True)])
def test_the_rhythm_of_buying_turns_around_at_the_turn(plan: int, stocks_up_before: bool) -> None:
    timeline = Timeline.of(SPEC)
    rng = np.random.default_rng(7)
    people = populate(rng, 4000, timeline)
    orders = behave(rng, people, timeline).orders[:, people.plan == plan] > 0
    weeks = np.array(timeline.weeks)
    turn = np.searchsorted(weeks * 7, timeline.turn)
    recently = np.stack([orders[week - REST : week].any(axis=0) for week in range(REST, len(weeks))])
    again = {"before": slice(0, turn - REST), "after": slice(turn, None)}
    ordered = {when: orders[REST:][part][recently[part]].mean() for when, part in again.items()}
    assert (ordered["before"] < ordered["after"]) == stocks_up_before
    assert max(ordered.values()) > 1.5 * min(ordered.values())


def test_a_shop_that_ends_before_the_shift_has_no_shift() -> None:
    whole, short = (clean_chunk(SimulateSpec(months=months), 7, 0)["customers"] for months in (24, 18))
    assert (whole["channel"] == "marketplace").mean() > 0.1
    assert (short["channel"] == "marketplace").mean() < 0.06
    assert short["signed_up_at"].max() < np.datetime64("2025-07-01")
