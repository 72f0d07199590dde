"""Two samples of a number, each sorted once: all statistics are computed from the sorted values."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lockstep.pipeline.drift.counts import Counts, Floats, Integers

BINS = 10  # deciles of the reference, as is customary for the population stability index


@dataclass(frozen=True)
class Steps:
    """The two empirical distribution functions on the merged sample.

    `points`, shape (n + m,), ascending; `reference[i]` and `current[i]` count the values of that
    side among the first i + 1 points.
    """

    points: Floats
    reference: Integers
    current: Integers


@dataclass(frozen=True)
class NumberPair:
    """Finite values of both sides, ascending; `missing` counts the rest (null, NaN, infinite)."""

    reference: Floats
    current: Floats
    missing: tuple[int, int]

    @classmethod
    def of(cls, reference: npt.ArrayLike, current: npt.ArrayLike) -> "NumberPair":
        """Sort two samples of any length and order."""
        left, right = np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)
        sides = _ascending(left), _ascending(right)
        return cls(*sides, missing=(left.size - sides[0].size, right.size - sides[1].size))

    @property
    def comparable(self) -> bool:
        """Whether both sides hold a value."""
        return self.reference.size > 0 and self.current.size > 0

    @cached_property
    def steps(self) -> Steps:
        """Both distribution functions: a merge, for a stable sort takes two sorted runs in one pass."""
        pooled = np.concatenate([self.reference, self.current])
        order = np.argsort(pooled, kind="stable")
        current = np.cumsum(order >= self.reference.size, dtype=np.int64)
        return Steps(pooled[order], np.arange(1, pooled.size + 1) - current, current)

    @cached_property
    def counts(self) -> Counts:
        """Occurrences between the deciles of the reference.

        The deciles are values that occur, not interpolated ones, so that a monotone transform of
        both samples changes no count. A value that fills a decile or more has a bin of its own:
        values that move to either side of it show.
        """
        n = self.reference.size
        ranks = (np.arange(1, BINS) * n + BINS - 1) // BINS - 1
        edges, repeats = np.unique(self.reference[ranks] if n else self.reference, return_counts=True)
        return Counts(*(_between(side, edges, edges[repeats > 1]) for side in (self.reference, self.current)))


def _ascending(values: Floats) -> Floats:
    finite = np.isfinite(values)
    return np.sort(values if finite.all() else values[finite])


def _between(ascending: Floats, edges: Floats, atoms: Floats) -> Integers:
    """Count the values up to each edge and, for an atom, those below it; then take differences."""
    up_to = np.searchsorted(ascending, edges, side="right")
    below = np.searchsorted(ascending, atoms, side="left")
    return np.diff(np.sort(np.concatenate([up_to, below])), prepend=0, append=ascending.size).astype(np.int64)
