"""Named statistics of the same rows: observed, and on one set of resamples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockstep.core.progress import Advance, ignore
from lockstep.statistics import bootstrap
from lockstep.statistics.estimate import Estimate
from lockstep.statistics.metric import Metric
from lockstep.statistics.weighted import Floats, Statistic

Key = tuple[str, ...]
"""Name of a statistic: (predictor, metric), or (subject, ..., number of the level)."""


@dataclass(frozen=True)
class Resampled:
    """Each statistic as observed and on every resample.

    Attributes:
        observed: on the rows as they are; NaN where it is not defined.
        values: on the resamples, (resamples,); all statistics use the same resamples, so that differences are paired.
        confidence: of the percentiles, see `bootstrap.widened`.
    """

    observed: Mapping[Key, float]
    values: Mapping[Key, Floats]
    confidence: float

    def estimate(self, key: Key, undefined: str) -> Estimate:
        """Return one statistic with its interval."""
        return bootstrap.interval(self.observed[key], self.values[key], self.confidence, undefined)

    def gain(self, metric: Metric, ours: Key, theirs: Key) -> Estimate:
        """Return by how much ours is better than theirs by a metric; above 0 is better."""
        value = metric.gain(np.array(self.observed[ours]), np.array(self.observed[theirs]))
        values = metric.gain(self.values[ours], self.values[theirs])
        return bootstrap.interval(float(value), values, self.confidence, metric.undefined)

    def saving(self, ours: Key, theirs: Key) -> Estimate:
        """Return by how much ours is smaller than theirs."""
        value = self.observed[theirs] - self.observed[ours]
        return bootstrap.interval(value, self.values[theirs] - self.values[ours], self.confidence, "no rows")

    def spread(self, families: Sequence[Sequence[Key]], undefined: str) -> Estimate:
        """Return the range (largest less smallest) of a family of statistics; of several families, the widest range.

        A range is never negative, and on a resample it is larger than the true one where that is near 0. So an interval
        that begins at 0.02 does not show a difference.
        """
        observed = [np.ptp([self.observed[key] for key in family]) for family in families]
        values = [np.ptp([self.values[key] for key in family], axis=0) for family in families]
        return bootstrap.interval(float(np.max(observed)), np.max(values, axis=0), self.confidence, undefined)


def compute(
    statistics: Mapping[Key, Statistic],
    keys: NDArray[Any],
    *,
    resamples: int,
    seed: int,
    confidence: float,
    advance: Advance = ignore,
) -> Resampled:
    """Return every statistic on the rows as they are and on resamples of their entities.

    Args:
        statistics: of all rows.
        keys: (n,) entity of each row.
        resamples: number of resamples.
        seed: of the resamples.
        confidence: of the intervals.
        advance: called with the number of finished resamples.
    """
    values = bootstrap.resample(
        list(statistics.values()),
        len(keys),
        bootstrap.clusters(keys),
        resamples=resamples,
        seed=seed,
        advance=advance,
    )
    observed = {key: bootstrap.observed(statistic, len(keys)) for key, statistic in statistics.items()}
    widened = bootstrap.widened(confidence, len(np.unique(keys)))
    return Resampled(observed, dict(zip(statistics, values, strict=True)), widened)
