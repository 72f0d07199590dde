"""When snapshots are taken: pure calendar arithmetic on naive UTC instants."""

import calendar
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from lockstep.core.errors import LockstepError
from lockstep.params.pipeline.features import CutoffsSpec

STEPS = {"h": "hours", "d": "days", "w": "weeks"}


def training_cutoffs(as_of: datetime, horizon: timedelta, spec: CutoffsSpec) -> tuple[datetime, ...]:
    """Return the cutoffs of the training snapshots, oldest first.

    The last one is as_of - horizon, so that every label window is over; the others lie `every` apart before it.

    Raises:
        LockstepError: the oldest one lies before the calendar begins.
    """
    try:
        anchor = as_of - horizon
        return tuple(step_back(anchor, spec.every, steps) for steps in reversed(range(spec.last)))
    except (OverflowError, ValueError) as error:
        raise LockstepError(
            f"features.cutoffs: {spec.last} cutoffs every {spec.every} before source.as_of = {as_of} "
            "lie before the calendar begins"
        ) from error


def step_back(anchor: datetime, every: str, steps: int) -> datetime:
    """Return the instant `steps` times `every` (such as 1mo, 2w) before the anchor.

    Months keep the anchor's day; a month too short for it gives its last day. As each instant is
    computed from the anchor, a short month shortens no other (31 May, 30 April, 31 March).
    """
    match = re.fullmatch(r"(\d+)(mo|w|d|h)", every)
    if match is None:
        raise ValueError(f"expected a step such as 1mo, 2w, 7d or 12h; got {every!r}")
    count = int(match[1]) * steps
    return _months_back(anchor, count) if match[2] == "mo" else anchor - timedelta(**{STEPS[match[2]]: count})


def _months_back(anchor: datetime, months: int) -> datetime:
    year, month = divmod(anchor.year * 12 + anchor.month - 1 - months, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return anchor.replace(year=year, month=month + 1, day=min(anchor.day, last_day))


def check_history(
    cutoffs: Sequence[datetime], longest: timedelta, first_event: datetime | None, as_of: datetime
) -> int:
    """Return the number of cutoffs at which the longest window begins before the first event.

    Raises:
        LockstepError: some cutoffs have no event at all before them; the message says how many do.
    """
    if first_event is None:
        raise LockstepError(f"source.as_of = {as_of}: no event lies before it")
    fitting = sum(cutoff > first_event for cutoff in cutoffs)
    if fitting < len(cutoffs):
        raise LockstepError(
            f"source.as_of = {as_of}: too early for features.cutoffs.last = {len(cutoffs)}: the first is {cutoffs[0]}",
            [f"the first event is at {first_event}", f"{fitting} cutoffs would fit"],
        )
    # Differences of instants cannot overflow, unlike `cutoff - longest` with a window of many years.
    return sum(cutoff - first_event < longest for cutoff in cutoffs)
