"""Named statistics of the same rows: as observed, and on one and the same set of resamples."""

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

Asked = tuple[str, ...]
"""What is estimated: (predictor, metric), or (what it is of, ..., number of the level)."""


@dataclass(frozen=True)
class Draws:
    """Values of each statistic: as observed, and on every resample."""

    observed: Mapping[Asked, float]
    resampled: Mapping[Asked, Floats]
    confidence: float
    """Of the percentiles: a hair more than of the intervals, see `bootstrap.widened`."""

    def estimate(self, asked: Asked, undefined: str) -> Estimate:
        """Return one statistic with its interval."""
        return bootstrap.interval(self.observed[asked], self.resampled[asked], self.confidence, undefined)

    def gain(self, metric: Metric, ours: Asked, theirs: Asked) -> Estimate:
        """Return how much better ours is than theirs by a metric, draw by draw; above 0 is better."""
        value = metric.gain(np.array(self.observed[ours]), np.array(self.observed[theirs]))
        values = metric.gain(self.resampled[ours], self.resampled[theirs])
        return bootstrap.interval(float(value), values, self.confidence, metric.undefined)

    def saving(self, ours: Asked, theirs: Asked) -> Estimate:
        """Return how much less ours is than theirs, draw by draw; above 0 is better."""
        value = self.observed[theirs] - self.observed[ours]
        return bootstrap.interval(value, self.resampled[theirs] - self.resampled[ours], self.confidence, "no rows")

    def spread(self, families: Sequence[Sequence[Asked]], undefined: str) -> Estimate:
        """Return the largest less the smallest statistic of a family, draw by draw; of several, the largest spread.

        Never below 0, and on a resample larger than in truth where the truth is near 0: an interval that begins at
        0.02 does not say that there is a difference.
        """
        observed = [np.ptp([self.observed[asked] for asked in family]) for family in families]
        resampled = [np.ptp([self.resampled[asked] for asked in family], axis=0) for family in families]
        return bootstrap.interval(float(np.max(observed)), np.max(resampled, axis=0), self.confidence, undefined)


def draw(
    statistics: Mapping[Asked, Statistic],
    keys: NDArray[Any],
    *,
    resamples: int,
    seed: int,
    confidence: float,
    advance: Advance = ignore,
) -> Draws:
    """Return every statistic on the rows as they are and on resamples of their entities.

    Args:
        statistics: of all rows.
        keys: (n,) entity of each row.
        resamples: how many.
        seed: of the resamples.
        confidence: share of the resamples that an interval holds.
        advance: called with resamples done.
    """
    values = bootstrap.resample(
        list(statistics.values()),
        len(keys),
        bootstrap.clusters(keys),
        resamples=resamples,
        seed=seed,
        advance=advance,
    )
    observed = {asked: bootstrap.observed(statistic, len(keys)) for asked, statistic in statistics.items()}
    asked = bootstrap.widened(confidence, len(np.unique(keys)))
    return Draws(observed, dict(zip(statistics, values, strict=True)), asked)
