"""The largest gap between two empirical distribution functions, and its significance."""

import numpy as np
from scipy.special import kolmogorov

from lockstep.pipeline.drift.numbers import NumberPair
from lockstep.pipeline.drift.statistics.measure import Significance


def kolmogorov_smirnov(pair: NumberPair) -> Significance | None:
    """Return the exact two-sample statistic D in [0, 1] and its asymptotic p-value; None if a side is empty.

    The p-value is Kolmogorov's limit, Q(D sqrt(nm / (n + m))), because the exact one needs time of
    order nm and values without ties. Where a p-value matters, below 0.1, the limit errs to the safe
    side: for few values and for ties it is the larger one. D is a ratio of whole numbers, so no
    rounding decides which gap is the largest.
    Source: Smirnov (1939); Hodges (1958), The significance probability of the Smirnov two-sample test.
    """
    if not pair.comparable:
        return None
    steps, n, m = pair.steps, pair.reference.size, pair.current.size
    # within a run of ties the functions jump together: only its last point is a value of both
    last_of_run = np.append(steps.points[1:] != steps.points[:-1], True)
    gaps = np.abs(steps.reference * m - steps.current * n)
    largest = int(gaps[last_of_run].max()) / (n * m)
    return Significance(largest, float(kolmogorov(np.sqrt(n * m / (n + m)) * largest)))
