"""Distinct values over windows: counts of bins cannot be added, so the values are kept by bin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lockstep.pipeline.features.axis import Axis
from lockstep.pipeline.features.windows import observed

if TYPE_CHECKING:
    import ibis.expr.types as ir


def distinct_values(events: ir.Table, column: str, ranks: Mapping[str, int], axis: Axis) -> ir.Table:
    """Return `entity`, `cutoff` and the number of different values in the intervals of each rank.

    Every value is kept once per entity and bin. The windows of a cutoff are nested: a
    value counts in the shortest window that contains it, and in all longer ones.

    Args:
        events: `entity`, `time` and `column`.
        column: nulls do not count.
        ranks: name of the feature -> rank of its intervals.
        axis: the intervals of every cutoff.
    """
    covered = events.filter(axis.covers(events["time"]))
    valued = covered.select("entity", bin=axis.bin_of(covered["time"]), value=observed(covered[column]))
    once = valued.filter(valued["value"].notnull()).distinct().join(axis.membership(), "bin")
    shortest = once.group_by("entity", "cutoff", "value").aggregate(shortest=once["rank"].min())
    counts = {name: (shortest["shortest"] <= rank).sum().cast("float64") for name, rank in ranks.items()}
    return shortest.group_by("entity", "cutoff").aggregate(**counts)
