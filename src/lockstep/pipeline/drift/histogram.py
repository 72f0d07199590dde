"""Histograms of both samples for the report; no statistic is computed from them."""

from dataclasses import dataclass

import numpy as np

from lockstep.core.errors import shorten
from lockstep.pipeline.drift.categories import CategoryPair
from lockstep.pipeline.drift.counts import Floats
from lockstep.pipeline.drift.numbers import NumberPair

BARS = 20
LEVELS = 10
TAIL = 0.005  # of the merged values, on each side: joined to the outer bars, so that one huge value hides nothing
LABEL_WIDTH = 40


@dataclass(frozen=True)
class Histogram:
    """Shares of the values per bar, shape (bars,) each; either `edges`, shape (bars + 1,), or `labels`."""

    reference: tuple[float, ...]
    current: tuple[float, ...]
    edges: tuple[float, ...] | None = None
    labels: tuple[str, ...] | None = None


def histogram_of_numbers(pair: NumberPair) -> Histogram | None:
    """Return one bar a value where there are few of them, else bars of equal width; None without values."""
    points = pair.steps.points
    if points.size == 0:
        return None
    distinct = points[np.append(np.flatnonzero(points[1:] != points[:-1]), points.size - 1)]
    if distinct.size <= BARS:
        cuts = distinct[:-1]
        return Histogram(*_shares(pair, cuts), labels=tuple(f"{value + 0.0:.6g}" for value in distinct))
    tail = int(points.size * TAIL)
    low, high = points[tail], points[-1 - tail]
    if not low < high:
        low, high = points[0], points[-1]
    # halved, because the distance between two huge values of opposite sign is infinite
    edges = 2 * np.linspace(low / 2, high / 2, BARS + 1)
    return Histogram(*_shares(pair, edges[1:-1]), edges=tuple(edges.tolist()))


def histogram_of_categories(pair: CategoryPair) -> Histogram | None:
    """Return the most frequent levels, the others as one bar; None without values."""
    if not pair.levels:
        return None
    shown = pair.largest(LEVELS)
    labels = [shorten(pair.levels[i], LABEL_WIDTH) for i in shown]
    others = len(pair.levels) - len(shown)
    sides: list[tuple[float, ...]] = []
    for counts in (pair.all_counts.reference, pair.all_counts.current):
        bars = counts[shown].tolist()
        total = int(counts.sum())
        bars += [total - sum(bars)] * (others > 0)
        sides.append(tuple(bar / max(total, 1) for bar in bars))
    labels += [f"({others} others)"] * (others > 0)
    return Histogram(sides[0], sides[1], labels=tuple(labels))


def _shares(pair: NumberPair, cuts: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return each side's share of values up to each cut, and above the last."""
    reference, current = (
        tuple(
            (
                np.diff(np.searchsorted(side, cuts, side="right"), prepend=0, append=side.size) / max(side.size, 1)
            ).tolist()
        )
        for side in (pair.reference, pair.current)
    )
    return reference, current
