"""McNemar's test: are two classifiers equally often right on the same rows?

It uses only rows on which exactly one of them is right. The p-value is the mid-p of the exact binomial test, which is
closer to the nominal level than the exact test (Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13,
2013). Where entities have several rows, wins less losses of each entity are one observation, and a normal test of their
sum replaces the binomial test (Obuchowski, Statistics in Medicine 17, 1998).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, norm

LEAST_ENTITIES = 10  # with a difference: the normal approximation needs them


@dataclass(frozen=True)
class McNemar:
    """Rows that only the second, and that only the first gets right, and the two-sided p-value."""

    second_only: int
    first_only: int
    p_value: float


def test(first: NDArray[np.bool_], second: NDArray[np.bool_], codes: NDArray[np.intp]) -> McNemar | str:
    """Return the test, or the reason why there is none.

    Args:
        first: (n,) whether the first is right.
        second: (n,) whether the second is.
        codes: (n,) number of each row's entity, 0 and up.
    """
    wins, losses = int((second & ~first).sum()), int((first & ~second).sum())
    if wins + losses == 0:
        return "both are right on the same rows"
    if len(np.unique(codes)) == len(codes):
        return McNemar(wins, losses, float(mid_p(wins, losses)))
    sums = np.bincount(codes, second.astype(float) - first)
    differing = int((sums != 0).sum())
    if differing < LEAST_ENTITIES:
        return f"they differ on {differing} entities; at least {LEAST_ENTITIES} are needed where rows share one"
    return McNemar(wins, losses, float(2 * norm.sf(abs(sums.sum()) / np.sqrt((sums**2).sum()))))


def mid_p(wins: ArrayLike, losses: ArrayLike) -> NDArray[np.float64]:
    """Return the two-sided mid-p of numbers of wins and losses (any shape) that are equally likely."""
    fewer, total = np.minimum(wins, losses), np.add(wins, losses)
    return np.asarray(np.minimum(2 * binom.cdf(fewer, total, 0.5) - binom.pmf(fewer, total, 0.5), 1.0))
