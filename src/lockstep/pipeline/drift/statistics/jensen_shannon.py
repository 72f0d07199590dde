"""The Jensen-Shannon distance of two sets of counts."""

import math

import numpy as np
from scipy.special import xlog1py

from lockstep.pipeline.drift.categories import CategoryPair
from lockstep.pipeline.drift.counts import Counts
from lockstep.pipeline.drift.numbers import NumberPair
from lockstep.pipeline.drift.statistics.measure import Measure


def jensen_shannon(pair: NumberPair | CategoryPair) -> Measure | None:
    """Return the distance: the square root of the divergence to base 2, in [0, 1]; None if a side is empty.

    0 for equal shares, 1 for samples without a common cell. Cells as for the population
    stability index, without smoothing: the divergence needs none.
    Source: Lin (1991); Endres and Schindelin (2003), A new metric for probability distributions.
    """
    if not pair.comparable:
        return None
    return Measure(distance_of(pair.counts))


def distance_of(counts: Counts) -> float:
    """Return the distance of counts of which both sides hold something."""
    p, q = counts.occupied.shares()
    # no cell's term is negative and each is of second order in t: close to zero, nothing cancels
    t = (p - q) / (p + q)
    nats = np.sum((p + q) / 4 * (xlog1py(1 + t, t) + xlog1py(1 - t, -t)))
    return min(1.0, math.sqrt(max(0.0, float(nats) / math.log(2))))
