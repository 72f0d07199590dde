"""McNemar's test: are two classifiers equally often right on the same rows?

Only rows on which one is right and the other wrong say anything. Mid-p of the exact binomial test (Fagerland, Lydersen
and Laake, BMC Medical Research Methodology 13, 2013: near the nominal level where the exact test is too timid). Where
rows share an entity, its wins less its losses are one witness, and the normal test of their sum takes the place of the
binomial one (Obuchowski, Statistics in Medicine 17, 1998).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

LEAST_ENTITIES = 10  # that disagree: the normal test is none for fewer


@dataclass(frozen=True)
class McNemar:
    """Rows that only the second, and that only the first gets right, and the two-sided p-value."""

    second_only: int
    first_only: int
    p_value: float


def test(first: NDArray[np.bool_], second: NDArray[np.bool_], codes: NDArray[np.intp]) -> McNemar | str:
    """Return the test, or why there is none.

    Args:
        first: (n,) whether it is right.
        second: (n,) whether the other one is.
        codes: (n,) number of each row's entity, 0 and up.
    """
    wins, losses = int((second & ~first).sum()), int((first & ~second).sum())
    if wins + losses == 0:
        return "both are right on the same rows"
    if len(np.unique(codes)) == len(codes):
        return McNemar(wins, losses, mid_p(wins, losses))
    sums = np.bincount(codes, second.astype(float) - first)
    witnesses = int((sums != 0).sum())
    if witnesses < LEAST_ENTITIES:
        return f"they differ on {witnesses} entities; at least {LEAST_ENTITIES} are needed where rows share one"
    return McNemar(wins, losses, float(2 * norm.sf(abs(sums.sum()) / np.sqrt((sums**2).sum()))))


def mid_p(wins: int, losses: int) -> float:
    """Return the two-sided mid-p of so many wins and losses, each as likely as the other."""
    fewer, total = min(wins, losses), wins + losses
    below = 2 * float(binom.cdf(fewer, total, 0.5)) - float(binom.pmf(fewer, total, 0.5))
    return min(below, 1.0)
