"""Cutoffs: calendar arithmetic without accumulated shifts."""

import calendar
import itertools
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.core.errors import LockstepError
from lockstep.params.pipeline.features import CutoffsSpec
from lockstep.pipeline.features.cutoffs import check_history, step_back, training_cutoffs

DAY = timedelta(days=1)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1))


def test_months_keep_the_day_and_a_short_month_shortens_no_other() -> None:
    cutoffs = training_cutoffs(datetime(2024, 6, 30), 30 * DAY, CutoffsSpec(every="1mo", last=5))
    assert [f"{c:%m-%d}" for c in cutoffs] == ["01-31", "02-29", "03-31", "04-30", "05-31"]


@given(instants, st.integers(1, 24), st.integers(0, 60))
def test_a_month_step_gives_the_anchors_day_or_the_last_of_a_shorter_month(
    anchor: datetime, months: int, steps: int
) -> None:
    found = step_back(anchor, f"{months}mo", steps)
    assert (anchor.year * 12 + anchor.month) - (found.year * 12 + found.month) == months * steps
    assert found.day == min(anchor.day, calendar.monthrange(found.year, found.month)[1])
    assert found.time() == anchor.time()


@given(instants, st.integers(1, 400), st.sampled_from("hdw"), st.integers(1, 30), st.integers(1, 90))
def test_cutoffs_ascend_evenly_to_as_of_less_the_horizon(
    as_of: datetime, count: int, unit: str, last: int, horizon: int
) -> None:
    step = {"h": DAY / 24, "d": DAY, "w": 7 * DAY}[unit] * count
    cutoffs = training_cutoffs(as_of, horizon * DAY, CutoffsSpec(every=f"{count}{unit}", last=last))
    assert cutoffs[-1] == as_of - horizon * DAY
    assert len(cutoffs) == last
    assert all(after - before == step for before, after in itertools.pairwise(cutoffs))


def test_cutoffs_before_the_calendar_are_a_message() -> None:
    with pytest.raises(LockstepError, match="before the calendar begins"):
        training_cutoffs(datetime(2024, 1, 1), 30 * DAY, CutoffsSpec(every="999mo", last=999))


def test_too_early_an_as_of_names_the_first_event_and_how_many_cutoffs_fit() -> None:
    cutoffs = [datetime(2024, month, 1) for month in range(1, 7)]
    with pytest.raises(LockstepError) as caught:
        check_history(cutoffs, 90 * DAY, datetime(2024, 3, 1), datetime(2024, 7, 1))
    text = str(caught.value)
    assert "source.as_of = 2024-07-01" in text
    assert "first event is at 2024-03-01" in text
    assert "3 cutoffs would fit" in text  # an event at the cutoff of 1 March is not before it


def test_windows_that_begin_before_the_first_event_are_counted() -> None:
    cutoffs = [datetime(2024, month, 1) for month in range(2, 7)]
    assert check_history(cutoffs, 90 * DAY, datetime(2024, 1, 2), datetime(2024, 7, 1)) == 2
    assert check_history(cutoffs[-1:], 90 * DAY, cutoffs[-1] - 90 * DAY, datetime(2024, 7, 1)) == 0
    assert check_history(cutoffs, timedelta(weeks=999_999), datetime(2024, 1, 2), datetime(2024, 7, 1)) == 5


def test_no_event_at_all_is_a_message() -> None:
    with pytest.raises(LockstepError, match="no event lies before it"):
        check_history([datetime(2024, 4, 1)], DAY, None, datetime(2024, 5, 1))
