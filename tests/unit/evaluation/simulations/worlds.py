"""Simulated test splits with known truth: two classes with normal scores, rows with or without a shared entity."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

from lockstep.statistics import bootstrap

WORLDS = 1000
ROWS = 600
ALONE = np.arange(ROWS)
SHARED = np.repeat(np.arange(ROWS // 3), 3)  # three rows an entity
SAME_WEIGHTS = 20

Array = NDArray[Any]


def area(shift: float) -> float:
    """The area under the ROC curve of N(shift, 1) against N(0, 1)."""
    return float(norm.cdf(shift / np.sqrt(2)))


def labels(rng: np.random.Generator, codes: Array) -> Array:
    """Half of the rows are positive; of an entity mostly all or none."""
    entity = rng.random(codes.max() + 1) < 0.5
    flipped = rng.random(len(codes)) < 0.1
    return entity[codes] ^ (flipped if codes is SHARED else False)


def scores(
    rng: np.random.Generator, positive: Array, codes: Array, shifts: list[float], correlation: float = 0.5
) -> Array:
    """One score for each shift: their noise is correlated, and so is that of an entity's rows. (scores, rows)."""
    common = rng.normal(size=(codes.max() + 1,))[codes]
    entity = rng.normal(size=(len(shifts), codes.max() + 1))[:, codes]
    alone = rng.normal(size=(len(shifts), len(codes)))
    share = 0.5 if codes is SHARED else 0.0
    own = np.sqrt(share) * entity + np.sqrt(1 - share) * alone
    noise = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    return np.array(shifts)[:, None] * positive + noise


def resampled(rng: np.random.Generator, resamples: int, codes: Array) -> Iterator[Array]:
    """Yield the weights of resamples, (resamples, rows), without end.

    Twenty worlds in a row share them: their data are independent, hence their intervals nearly so, in half the time.
    """
    clusters = bootstrap.clusters(codes)
    while True:
        weights = bootstrap.draw_weights(rng, resamples, ROWS, clusters)
        yield from (weights for _ in range(SAME_WEIGHTS))


def band(worlds: int, chance: float, sure: float = 0.999) -> tuple[float, float]:
    """The range of successes for a chance, which one simulation in a thousand leaves."""
    return binom.ppf((1 - sure) / 2, worlds, chance), binom.ppf((1 + sure) / 2, worlds, chance)
