"""The time axis, divided into bins at every edge of every interval.

An event is read once to find its bin. The parts of a bin serve every interval that contains it, so
that the cost grows neither with the number of cutoffs nor with that of windows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from lockstep.pipeline.features.execution import constant_table

if TYPE_CHECKING:
    import ibis.expr.types as ir

FIRST_INSTANT = datetime(1, 1, 1)  # noqa: DTZ001 # naive means UTC here


@dataclass(frozen=True)
class Interval:
    """[start, end) as seen from a cutoff; rank 0 is the shortest of the cutoff's nested intervals."""

    cutoff: datetime
    rank: int
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Axis:
    """Intervals of one or more cutoffs, ordered by cutoff and rank; those of one cutoff are nested."""

    intervals: tuple[Interval, ...]

    @cached_property
    def edges(self) -> tuple[datetime, ...]:
        """All starts and ends, ascending; bin i is [edges[i], edges[i + 1])."""
        return tuple(sorted({edge for i in self.intervals for edge in (i.start, i.end)}))

    def covers(self, time: ir.TimestampValue) -> ir.BooleanValue:
        """Return whether an instant lies in any bin."""
        return (time >= _literal(self.edges[0])) & (time < _literal(self.edges[-1]))

    def bin_of(self, time: ir.TimestampValue) -> ir.IntegerValue:
        """Return the bin of an instant that the axis covers, after log2(edges) comparisons."""
        import ibis

        return search(time, self.edges[1:-1], lambda place: ibis.literal(place, type="int32"))

    def membership(self) -> ir.Table:
        """Return `bin`, `cutoff`, `rank`: the bins of each cutoff, with the least rank that contains them."""
        import ibis

        types = {"cutoff": "timestamp(6)", "rank": "int32", "first": "int32", "end": "int32"}
        rings = constant_table(types, [dict(zip(types, ring, strict=True)) for ring in self.rings()])
        places = ibis.range(rings["first"], rings["end"]).unnest()
        return rings.select("cutoff", "rank", bin=places).mutate(bin=ibis._.bin.cast("int32"))

    def rings(self) -> list[tuple[datetime, int, int, int]]:
        """Return cutoff, rank and the range of bins that an interval has beyond those of lower rank."""
        rings = []
        for cutoff, nested in groupby(self.intervals, key=lambda interval: interval.cutoff):
            inner: tuple[int, int] | None = None
            for interval in nested:
                first, end = bisect_left(self.edges, interval.start), bisect_left(self.edges, interval.end)
                low, high = inner or (end, end)
                rings += [(cutoff, interval.rank, *ring) for ring in ((first, low), (high, end)) if ring[0] < ring[1]]
                inner = (first, end)
        return rings


def looking_back(cutoffs: Sequence[datetime], lengths: Sequence[timedelta]) -> Axis:
    """Return the axis of the windows [cutoff - length, cutoff); rank i is the i-th of the ascending lengths."""
    return Axis(tuple(Interval(c, i, _before(c, length), c) for c in cutoffs for i, length in enumerate(lengths)))


def looking_ahead(cutoffs: Sequence[datetime], horizon: timedelta) -> Axis:
    """Return the axis of the label windows [cutoff, cutoff + horizon)."""
    return Axis(tuple(Interval(c, 0, c, c + horizon) for c in cutoffs))


def _before(cutoff: datetime, length: timedelta) -> datetime:
    return cutoff - min(length, cutoff - FIRST_INSTANT)  # a window of millennia begins with the calendar


def search(time: ir.TimestampValue, edges: Sequence[datetime], leaf: Callable[[int], ir.Scalar]) -> ir.Value:
    """Return `leaf(i)`, i being the number of ascending edges at or before `time`: a binary search as nested CASEs."""
    import ibis

    def between(low: int, high: int) -> ir.Value:
        if low == high:
            return leaf(low)
        middle = (low + high) // 2
        return ibis.ifelse(time < _literal(edges[middle]), between(low, middle), between(middle + 1, high))

    return between(0, len(edges))


def _literal(instant: datetime) -> ir.TimestampScalar:
    import ibis

    return ibis.literal(instant, type="timestamp(6)")
