"""How often each bin or category occurs in the two samples: the input of PSI, JS and chi-squared."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEAST_EXPECTED = 5.0  # customary bound; below it the chi-squared distribution is a poor approximation


@dataclass(frozen=True)
class Counts:
    """Occurrences per cell, shape (cells,) each; the two sides share the cells and their order."""

    reference: Integers
    current: Integers

    @property
    def comparable(self) -> bool:
        """Whether both sides hold anything."""
        return bool(self.reference.sum() > 0 and self.current.sum() > 0)

    @property
    def occupied(self) -> "Counts":
        """The cells in which at least one side holds something."""
        some = (self.reference + self.current) > 0
        return Counts(self.reference[some], self.current[some])

    def shares(self) -> tuple[Floats, Floats]:
        """Return each side's share per cell."""
        return self.reference / self.reference.sum(), self.current / self.current.sum()

    def canonical(self) -> "Counts":
        """Return the cells in an order that does not depend on the order of the rows."""
        order = np.lexsort((self.reference, -(self.reference + self.current)))
        return Counts(self.reference[order], self.current[order])

    def pooled(self) -> "Counts":
        """Return the counts with the rare cells as one, so that each expects at least five on either side.

        Rare cells are determined from both samples together: a rule that looked at one side only, such
        as "never seen in the reference", would find a difference where there is none.
        Source: Cochran (1954), Some methods for strengthening the common chi-squared tests.
        """
        cells = self.occupied.canonical()
        totals = cells.reference + cells.current
        smaller = min(cells.reference.sum(), cells.current.sum())
        expected = totals * (smaller / max(totals.sum(), 1))
        kept = int(np.count_nonzero(expected >= LEAST_EXPECTED))
        if kept == totals.size:
            return cells
        if expected[kept:].sum() < LEAST_EXPECTED and kept > 0:
            kept -= 1
        starts = np.arange(kept + 1)
        return Counts(np.add.reduceat(cells.reference, starts), np.add.reduceat(cells.current, starts))
