"""Guard rails: every reason against a retraining is reported, and nothing else prevents one."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.operate.retraining.guard import Situation, enough_rows, may_start
from lockstep.params.retrain import RetrainSpec

BASE = datetime(2025, 6, 30)
WEEK = RetrainSpec(cooldown=timedelta(days=7))
USUAL = Situation(as_of=BASE + timedelta(days=31), base=BASE, changed=False, earlier=(), own=None)
DAYS = st.integers(-60, 60).map(lambda days: BASE + timedelta(days=days))
SITUATIONS = st.builds(
    Situation,
    as_of=DAYS,
    base=DAYS | st.none(),
    changed=st.booleans(),
    earlier=st.lists(DAYS, max_size=4).map(tuple),
    own=DAYS | st.none(),
)
SPECS = st.builds(
    RetrainSpec,
    mode=st.sampled_from(["enabled", "dry_run", "disabled"]),
    cooldown=st.none() | st.integers(1, 30).map(lambda days: timedelta(days=days)),
)


def days(number: float) -> datetime:
    return BASE + timedelta(days=number)


def test_a_retraining_a_month_later_is_allowed() -> None:
    assert may_start(WEEK, USUAL).allowed


@pytest.mark.parametrize(
    ("spec", "changes", "reason"),
    [
        (RetrainSpec(mode="disabled"), {}, "retrain.mode is disabled"),
        (WEEK, {"earlier": (USUAL.as_of,)}, "retrain/2025-07-31 exists already; to retrain again, delete the branch"),
        (WEEK, {"own": USUAL.as_of}, "the champion's commit is itself the retraining for 2025-07-31"),
        (WEEK, {"own": days(40)}, "the champion's commit is itself the retraining for 2025-08-09"),
        (WEEK, {"as_of": days(-30)}, "2025-05-31 is before the champion's as_of 2025-06-30"),
        (WEEK, {"as_of": BASE}, "the champion's as_of is 2025-06-30 already, and no other parameter changes"),
        (WEEK, {"as_of": days(6)}, "2025-07-06 is less than retrain.cooldown = 7d from the as_of 2025-06-30"),
        (WEEK, {"earlier": (days(25),)}, "2025-07-31 is less than retrain.cooldown = 7d from the as_of 2025-07-25"),
        (WEEK, {"earlier": (days(33),)}, "2025-07-31 is less than retrain.cooldown = 7d from the as_of 2025-08-02"),
        (WEEK, {"earlier": (days(25), days(30))}, "from the as_of 2025-07-30"),
    ],
)  # fmt: skip
def test_each_obstacle_is_reported(spec: RetrainSpec, changes: dict, reason: str) -> None:
    permission = may_start(spec, replace(USUAL, **changes))
    assert not permission.allowed
    assert len(permission.reasons) == 1
    assert reason in permission.reasons[0]


@pytest.mark.parametrize(
    ("spec", "changes"),
    [
        (RetrainSpec(mode="dry_run"), {}),
        (WEEK, {"as_of": days(7)}),  # the length itself is over
        (RetrainSpec(cooldown=None), {"as_of": days(0.01)}),
        (WEEK, {"as_of": BASE, "changed": True}),  # a person tries other parameters on the same data
        (WEEK, {"as_of": days(3), "changed": True}),
        (WEEK, {"own": BASE}),  # the last retraining was merged; there is newer data
        (WEEK, {"base": None}),  # a flat table
        (WEEK, {"earlier": (days(10),)}),
    ],
)
def test_these_situations_are_allowed(spec: RetrainSpec, changes: dict) -> None:
    assert may_start(spec, replace(USUAL, **changes)) == may_start(RetrainSpec(), USUAL)


def test_all_reasons_are_reported_together() -> None:
    crowded = replace(USUAL, earlier=(USUAL.as_of, days(30)), own=USUAL.as_of)
    assert len(may_start(WEEK.model_copy(update={"mode": "disabled"}), crowded).reasons) == 4


@given(SPECS, SITUATIONS)
def test_only_a_refusal_has_reasons(spec: RetrainSpec, situation: Situation) -> None:
    permission = may_start(spec, situation)
    assert permission.allowed is not bool(permission.reasons)


@given(SPECS, SITUATIONS)
def test_a_second_retraining_for_one_as_of_is_never_allowed(spec: RetrainSpec, situation: Situation) -> None:
    after = replace(situation, earlier=(*situation.earlier, situation.as_of))
    merged = replace(situation, own=situation.as_of, base=situation.as_of)
    assert not may_start(spec, after).allowed
    assert not may_start(spec, merged).allowed


@given(SPECS, SITUATIONS, DAYS)
def test_more_history_never_allows_more(spec: RetrainSpec, situation: Situation, moment: datetime) -> None:
    more = replace(situation, earlier=(*situation.earlier, moment))
    assert may_start(spec, situation).allowed or not may_start(spec, more).allowed


@given(SPECS, SITUATIONS)
def test_as_of_never_goes_back(spec: RetrainSpec, situation: Situation) -> None:
    if may_start(spec, situation).allowed and situation.base is not None:
        assert situation.as_of >= situation.base
        assert situation.as_of > situation.base or situation.changed


@pytest.mark.parametrize(
    ("before", "now", "allowed", "text"),
    [
        ({"orders": 100}, {"orders": 600}, True, "500 new rows (orders 500); retrain.min_new_rows is 500"),
        ({"orders": 100}, {"orders": 599}, False, "499 new rows (orders 499)"),
        ({"orders": 10, "tickets": 9}, {"orders": 310, "tickets": 209}, True, "500 new rows (orders 300, tickets 200)"),
        ({"orders": 900, "tickets": 9}, {"orders": 100, "tickets": 509}, True, "500 new rows (tickets 500)"),
        ({"orders": 900}, {"orders": 100}, False, "0 new rows; retrain.min_new_rows is 500"),
        ({}, {"orders": 1500}, True, "1,500 new rows (orders 1,500)"),
    ],
)  # fmt: skip
def test_new_rows_are_counted_by_table(before: dict, now: dict, allowed: bool, text: str) -> None:
    permission = enough_rows(RetrainSpec(min_new_rows=500), before, now)
    assert permission.allowed is allowed
    assert text in permission.reasons[0]


def test_no_new_rows_are_enough_only_if_none_are_required() -> None:
    assert enough_rows(RetrainSpec(min_new_rows=0), {"orders": 5}, {"orders": 5}).allowed
    assert not enough_rows(RetrainSpec(min_new_rows=1), {"orders": 5}, {"orders": 5}).allowed
