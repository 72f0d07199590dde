"""Drift is persistent if k of the last n windows of this champion drifted, including the newest."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.operate.monitoring.lasting_drift import decide
from lockstep.operate.monitoring.window import Window
from lockstep.params.monitor import MonitorSpec
from tests.unit.operate.monitoring.windows import window

ANSWERS = st.sampled_from(["yes", "no", "not applicable"])
SPECS = st.integers(1, 6).flatmap(
    lambda n: st.integers(1, n).map(lambda k: MonitorSpec(windows=n, drifted=k))
)  # fmt: skip


def days(*drift: str) -> list[Window]:
    return [window(day, answer) for day, answer in enumerate(drift)]


@pytest.mark.parametrize(
    ("drift", "raised"),
    [
        ([], False),
        (["yes"], False),
        (["yes", "yes"], True),
        (["yes", "no", "yes"], True),
        (["yes", "yes", "no"], False),
        (["yes", "no", "no", "yes"], False),
        (["yes", "not applicable", "yes"], True),
        (["yes", "yes", "not applicable"], False),
        (["yes", "not applicable", "no", "yes"], False),
    ],
)
def test_two_of_the_last_three(drift: list[str], raised: bool) -> None:
    assert decide(days(*drift), "champion", MonitorSpec(windows=3, drifted=2)).raised is raised


@given(st.lists(ANSWERS, max_size=12), SPECS)
def test_the_rule_equals_its_definition(drift: list[str], spec: MonitorSpec) -> None:
    """Stated a second time, over plain texts."""
    last = drift[-spec.windows :]
    expected = bool(last) and last[-1] == "yes" and last.count("yes") >= spec.drifted
    assert decide(days(*drift), "champion", spec).raised is expected


@given(st.lists(ANSWERS, max_size=8), SPECS, st.randoms())
def test_neither_the_order_nor_other_champions_matter(drift: list[str], spec: MonitorSpec, random: Any) -> None:
    own = days(*drift)
    others = [window(day, "yes", model="another") for day in range(12)]
    shuffled = own + others
    random.shuffle(shuffled)
    assert decide(shuffled, "champion", spec) == decide(own, "champion", spec)


@given(st.lists(ANSWERS, min_size=1, max_size=8), SPECS)
def test_windows_older_than_the_last_ones_change_nothing(drift: list[str], spec: MonitorSpec) -> None:
    windows = days(*drift)
    assert decide(windows[-spec.windows :], "champion", spec) == decide(windows, "champion", spec)


@given(st.lists(ANSWERS, max_size=8), SPECS)
def test_more_drift_never_silences_an_alarm(drift: list[str], spec: MonitorSpec) -> None:
    if decide(days(*drift), "champion", spec).raised:
        for day in range(len(drift)):
            worse = [*drift[:day], "yes", *drift[day + 1 :]]
            assert decide(days(*worse), "champion", spec).raised


@given(st.lists(ANSWERS, max_size=8), SPECS)
def test_there_is_always_a_reason(drift: list[str], spec: MonitorSpec) -> None:
    assert all(decide(days(*drift), "champion", spec).reasons)


def test_the_newest_window_has_the_newest_data() -> None:
    """An old day that is measured afterwards does not hide that today drifted."""
    late = window(0, "no", measured_at=window(9).measured_at)
    windows = [window(1, "yes"), window(2, "yes"), late]
    assert decide(windows, "champion", MonitorSpec(windows=3, drifted=2)).raised


def test_a_flat_table_is_ordered_by_when_it_was_measured() -> None:
    windows = [window(day, drift, as_of=None) for day, drift in ((2, "yes"), (0, "no"), (1, "yes"))]
    assert decide(windows, "champion", MonitorSpec(windows=3, drifted=2)).raised


def test_the_reasons_name_windows_bound_and_what_drifted() -> None:
    alarm = decide(days("no", "yes", "yes"), "champion", MonitorSpec(windows=3, drifted=2))
    assert alarm.reasons == (
        "2 of the last 3 windows drifted (2025-01-02, 2025-01-03); monitor.drifted is 2 of 3",
        "reason of day 2",
    )
    quiet = decide(days("yes", "yes", "not applicable"), "champion", MonitorSpec(windows=3, drifted=2))
    assert quiet.reasons[0] == "the newest window, 2025-01-03, could not be judged"
