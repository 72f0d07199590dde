"""Recency: time since the last event, over the whole past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from lockstep.pipeline.features.axis import search

if TYPE_CHECKING:
    import ibis.expr.types as ir

MICROSECONDS_A_DAY = 86_400_000_000


def days_since_last(
    events: ir.Table, column: str, snapshots: ir.Table, cutoffs: Sequence[datetime], name: str
) -> ir.Table:
    """Return `entity`, `cutoff` and the days since the last event with a value in `column` before the cutoff.

    The last event between two neighbouring cutoffs is found once; a running maximum over the
    cutoffs of an entity then finds the last one of all, in time linear in events and snapshots.

    Args:
        events: `entity`, `time` and `column`.
        column: an event counts where this is not null.
        snapshots: the wanted pairs of `entity` and `cutoff`.
        cutoffs: all of them, ascending.
        name: of the feature; it is null where there is no such event.
    """
    import ibis

    last = _last_by_interval(events, column, cutoffs)
    wanted = snapshots.select("entity", "cutoff", last=ibis.null("timestamp(6)"), wanted=True)
    both = ibis.union(last.select("entity", "cutoff", "last", wanted=False), wanted)
    # Rows of one cutoff are peers: the window takes in all of them.
    past = ibis.range_window(group_by=both["entity"], order_by=both["cutoff"], preceding=None, following=0)
    running = both.mutate(last=both["last"].max().over(past))
    known = running.filter(running["wanted"] & running["last"].notnull())
    days = known["cutoff"].delta(known["last"], unit="microsecond").cast("float64") / MICROSECONDS_A_DAY
    return known.select("entity", "cutoff", **{name: days})


def _last_by_interval(events: ir.Table, column: str, cutoffs: Sequence[datetime]) -> ir.Table:
    """Return `entity`, `cutoff`, `last`: time of the last event between the previous cutoff and this one."""
    import ibis

    def instant(place: int) -> ir.TimestampScalar:
        return ibis.literal(cutoffs[place], type="timestamp(6)")

    seen = events.filter(events["time"] < instant(-1), events[column].notnull())
    next_cutoff = search(seen["time"], cutoffs[:-1], instant)
    return seen.group_by(entity=seen["entity"], cutoff=next_cutoff).aggregate(last=seen["time"].max())
