"""Wilcoxon's signed-rank test: is one of two models better on most snapshots, or entities?"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import wilcoxon

from lockstep.statistics.weighted import Floats

LEAST = 6  # pairs: five wins of five still have p = 0.06


@dataclass(frozen=True)
class SignedRank:
    """Pairs that the second, and that the first wins, and the two-sided p-value."""

    second_wins: int
    first_wins: int
    p_value: float


def test(gains: Floats) -> SignedRank | str:
    """Return the test, or the reason why there is none.

    Args:
        gains: (m,) of the second over the first, by pair; zeros are ranked but not summed (Pratt, 1959).
    """
    if len(gains) < LEAST:
        return f"{len(gains)} pairs; at least {LEAST} are needed"
    if not np.any(gains):
        return "no pair differs"
    p_value = float(wilcoxon(gains, zero_method="pratt").pvalue)
    return SignedRank(int((gains > 0).sum()), int((gains < 0).sum()), p_value)
