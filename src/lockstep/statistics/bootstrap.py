"""The bootstrap: percentile intervals of statistics from resamples of the rows (Efron, 1979).

Entities are resampled, not rows, because rows of one entity are not independent (cluster bootstrap; Davison and
Hinkley, Bootstrap Methods and their Application, 1997, section 3.8). All statistics use the same resamples, so that
their differences are paired.
"""

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t
from threadpoolctl import threadpool_limits

from lockstep.core.progress import Advance, ignore
from lockstep.statistics.estimate import Estimate
from lockstep.statistics.weighted import Floats, Statistic, Weights

CELLS = 1 << 18  # weights of one block: they fit into the processor's cache
BUCKET = 1 << 14  # a power of two: units whose counters fit into the cache nearest to the processor
LEAST_DEFINED = 0.95  # share of the resamples that must define the statistic: the others are not like the test rows


def clusters(keys: NDArray[Any]) -> NDArray[np.intp] | None:
    """Return the number of each row's entity, (n,), or None if every entity has one row."""
    codes = np.unique(keys, return_inverse=True)[1]
    return None if codes.max(initial=-1) + 1 == len(keys) else codes


def resample(
    statistics: Sequence[Statistic],
    rows: int,
    codes: NDArray[np.intp] | None,
    *,
    resamples: int,
    seed: int,
    advance: Advance = ignore,
) -> Floats:
    """Return the value of each statistic on each resample, (statistics, resamples).

    Each block of resamples has its own random stream, so that the result does not depend on the number of threads.
    """
    size = max(1, CELLS // rows)
    counts = [min(size, resamples - start) for start in range(0, resamples, size)]
    streams = np.random.default_rng(seed).spawn(len(counts))

    def block(rng: np.random.Generator, count: int) -> Floats:
        weights = draw_weights(rng, count, rows, codes)
        return np.stack([statistic(weights) for statistic in statistics])

    done = []
    with threadpool_limits(1), ThreadPoolExecutor(_processors()) as pool:
        for values in pool.map(block, streams, counts):
            done.append(values)
            advance(values.shape[1])
    return np.concatenate(done, axis=1)


def draw_weights(rng: np.random.Generator, count: int, rows: int, codes: NDArray[np.intp] | None) -> Weights:
    """Return how often each row is in each resample, (count, rows): rows, or clusters, are drawn with replacement.

    One byte is enough: the chance that one of n units is drawn 256 times or more is below 1 / 256!, about 10^-507. Four
    times as many bytes as int32 values fit into the cache.
    """
    units = rows if codes is None else int(codes.max()) + 1
    counts = _few(rng, count, units) if units <= BUCKET else _many(rng, count, units)
    return counts if codes is None else np.take(counts, codes, axis=1)


def _few(rng: np.random.Generator, count: int, units: int) -> Weights:
    drawn = rng.integers(0, units, size=(count, units), dtype=np.int64)
    drawn += np.arange(count)[:, None] * units
    return np.bincount(drawn.ravel(), minlength=count * units).reshape(count, units).astype(np.uint8)


def _many(rng: np.random.Generator, count: int, units: int) -> Weights:
    """Draw buckets of units first, then units within each: the same distribution, with counters that fit the cache."""
    starts = np.arange(0, units, BUCKET)
    sizes = np.diff(starts, append=units)
    counts = np.empty((count, units), dtype=np.uint8)
    for row, buckets in zip(counts, rng.multinomial(units, sizes / units, size=count), strict=True):
        for start, size, drawn in zip(starts, sizes, buckets, strict=True):
            row[start : start + size] = np.bincount(_uniform(rng, int(size), int(drawn)), minlength=size)
    return counts


def _uniform(rng: np.random.Generator, size: int, drawn: int) -> NDArray[np.uint16]:
    """Return whole numbers below `size`; for a full bucket from raw bits, five times as fast as `integers`."""
    if size != BUCKET:
        return rng.integers(0, size, size=drawn, dtype=np.uint16)
    bits = rng.bit_generator.random_raw(-(-drawn // 4)).view(np.uint16)[:drawn]  # four numbers of each 64 bits
    return bits & np.uint16(BUCKET - 1)


def observed(statistic: Statistic, rows: int) -> float:
    """Return the value on the rows as they are; NaN where it is not defined."""
    return float(statistic(np.ones((1, rows), dtype=np.int32))[0])


def interval(value: float, values: Floats, confidence: float, undefined: str) -> Estimate:
    """Return a value with its percentile interval, or the reason why there is none.

    Args:
        value: on the rows as they are.
        values: on the resamples, NaN where it is not defined.
        confidence: share of the resamples within the interval.
        undefined: the reason if the value, or more than a few of the resampled ones, is not defined.
    """
    if np.isnan(value):
        return Estimate(not_applicable=undefined)
    defined = values[~np.isnan(values)]
    if len(defined) < LEAST_DEFINED * len(values):
        return Estimate(value=value, not_applicable=f"no interval: in many resamples, {undefined}")
    # The (R + 1)p-th of R ordered values (Davison and Hinkley, section 5.3.1). For 95%, NumPy's default holds 94.8% of
    # 1,000 resamples, and 93.1% of 100.
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2], method="weibull")
    return Estimate(value=value, low=float(low), high=float(high))


def widened(confidence: float, units: int) -> float:
    """Return the confidence of the percentiles that gives an interval the wanted confidence.

    Percentile intervals are too narrow for few units (rows, or entities with several rows): by the n - 1 of the
    variance and by Student's t (expanded percentile interval; Hesterberg, The American Statistician 69, 2015, section
    4.4).
    """
    if units <= 1:
        return confidence
    half_width = math.sqrt(units / (units - 1)) * t.ppf((1 + confidence) / 2, units - 1)
    return float(1 - 2 * norm.sf(half_width))


def _processors() -> int:
    available: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)  # not on macOS
    return len(available(0)) if available else os.cpu_count() or 1
