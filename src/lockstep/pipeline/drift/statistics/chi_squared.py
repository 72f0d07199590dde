"""Pearson's test that two sets of counts come from the same distribution."""

import numpy as np
from scipy.special import chdtrc

from lockstep.pipeline.drift.categories import CategoryPair
from lockstep.pipeline.drift.counts import Counts
from lockstep.pipeline.drift.statistics.measure import Significance


def chi_squared(pair: CategoryPair) -> Significance | None:
    """Return the two-sample homogeneity statistic and its p-value; None if a side is empty.

    Levels of which a side would expect fewer than five are taken as one (`Counts.pooled`).
    """
    if not pair.comparable:
        return None
    return homogeneity(pair.counts)


def homogeneity(counts: Counts) -> Significance:
    """Return the test of counts of which both sides hold something; 0 and 1 if there is one cell.

    With two cells this is the two-proportion test (z squared) with Yates's correction, which
    makes it conservative where counts are small.
    Source: Pearson (1900); Yates (1934).
    """
    cells = counts.occupied
    observed = np.stack([cells.reference, cells.current]).astype(np.float64)
    freedom = observed.shape[1] - 1
    if freedom == 0:
        return Significance(0.0, 1.0)
    expected = observed.sum(axis=1, keepdims=True) * observed.sum(axis=0) / observed.sum()
    gaps = np.abs(observed - expected)
    if freedom == 1:
        gaps = np.maximum(gaps - 0.5, 0.0)
    value = float(np.sum(gaps**2 / expected))
    return Significance(value, float(chdtrc(freedom, value)))
