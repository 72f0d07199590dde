"""How far the mass of one sample has to be moved to become the other."""

import numpy as np

from lockstep.pipeline.drift.numbers import NumberPair
from lockstep.pipeline.drift.statistics.measure import Measure


def wasserstein(pair: NumberPair) -> Measure | None:
    """Return the first Wasserstein distance in standard deviations of the reference.

    None if a side is empty, or if the reference is constant and the current side is not the same
    constant: no unit to measure in. The standard deviation, not the interquartile range, because
    the latter is zero for a count that is zero for three quarters of the entities.
    Source: Vallender (1974), the distance as the area between the distribution functions.
    """
    if not pair.comparable:
        return None
    points = pair.steps.points
    scale = max(abs(points[0]), abs(points[-1]))
    if points[0] == points[-1]:
        return Measure(0.0)
    if pair.reference[0] == pair.reference[-1]:
        return None
    # in units of the largest value nothing overflows
    widths = np.diff(points / scale)
    heights = np.abs(pair.steps.reference[:-1] / pair.reference.size - pair.steps.current[:-1] / pair.current.size)
    deviation = float(np.std(pair.reference / scale))
    # not a dot product: BLAS splits it by the number of threads, and the last bit with it
    return Measure(float(np.sum(heights * widths)) / deviation) if deviation > 0 else None
