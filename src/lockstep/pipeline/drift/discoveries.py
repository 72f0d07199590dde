"""Multiple testing: control of the false discovery rate."""

from collections.abc import Sequence

import numpy as np


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return adjusted p-values in the order given; reject those at most q to control the false discovery rate at q.

    Holds for independent tests and for positively dependent ones, as features of the same events
    with different windows are.
    Source: Benjamini and Hochberg (1995); Benjamini and Yekutieli (2001) for dependence.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * (p.size / np.arange(1, p.size + 1))  # the last factor is 1, so that nothing shrinks
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return [float(value) for value in adjusted]
