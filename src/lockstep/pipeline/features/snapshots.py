"""Which entities are in the snapshot of a cutoff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lockstep.pipeline.features.axis import FIRST_INSTANT, looking_back
from lockstep.pipeline.features.execution import constant_table

if TYPE_CHECKING:
    import ibis.expr.types as ir


def known_entities(entities: ir.Table | None, events: Mapping[str, ir.Table]) -> ir.Table:
    """Return `entity` and `since`: an entity is known at every cutoff after that.

    With an entity table, since its time (always, where it has no such column; never, where that is
    null); without one, since the entity's first event in any event table.
    """
    import ibis

    if entities is not None:
        always = ibis.literal(FIRST_INSTANT, type="timestamp(6)")
        return entities.select("entity", since=entities["time"] if "time" in entities.columns else always)
    seen = ibis.union(*(table.select("entity", "time") for table in events.values()))
    return seen.group_by("entity").aggregate(since=seen["time"].min())


def snapshots(known: ir.Table, cutoffs: Sequence[datetime], active: ir.Table | None = None) -> ir.Table:
    """Return `entity` and `cutoff`: entities known strictly before the cutoff and, if given, active.

    Args:
        known: see `known_entities`.
        cutoffs: the instants of the snapshots.
        active: `entity` and `cutoff` of those who are eligible; None takes all.
    """
    pairs = known.cross_join(constant_table({"cutoff": "timestamp(6)"}, [{"cutoff": cutoff} for cutoff in cutoffs]))
    pairs = pairs.filter(pairs["since"] < pairs["cutoff"]).select("entity", "cutoff")
    return pairs if active is None else pairs.semi_join(active, ["entity", "cutoff"])


def active_entities(events: ir.Table, cutoffs: Sequence[datetime], within: timedelta | None) -> ir.Table:
    """Return `entity` and `cutoff` of those with an event in [cutoff - within, cutoff), or ever before it."""
    if within is None:
        first = events.group_by("entity").aggregate(since=events["time"].min())
        return snapshots(first, cutoffs)
    axis = looking_back(cutoffs, [within])
    covered = events.filter(axis.covers(events["time"]))
    present = covered.select("entity", bin=axis.bin_of(covered["time"])).distinct()
    return present.join(axis.membership(), "bin").select("entity", "cutoff").distinct()
