"""Weighted statistics: rows are sorted once, then the statistic is computed for many weightings of them.

A bootstrap resample is a weighting: how often each row was drawn. A value that is not defined (no row, one class) is
NaN; callers replace it by a reason, so that it never reaches a file.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

HALF_OF_INT32 = 1 << 30

Floats = NDArray[np.float64]
Weights = NDArray[Any]
"""(resamples, rows) whole numbers: how often each row counts."""

Statistic = Callable[[Weights], Floats]
"""(resamples, rows) -> (resamples,), NaN where not defined."""


def divide(numerator: NDArray[Any], denominator: NDArray[Any]) -> Floats:
    """Return the quotients, NaN where the denominator is 0."""
    result = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def ratio(numerator: NDArray[Any], denominator: NDArray[Any] | None = None) -> Statistic:
    """Return sum(w * numerator) / sum(w * denominator), each (rows,); a mean without a denominator."""
    parts = [numerator, np.ones(len(numerator)) if denominator is None else denominator]
    columns = np.column_stack(parts).astype(np.float64)

    def statistic(weights: Weights) -> Floats:
        sums = weights.astype(np.float64) @ columns
        return divide(sums[:, 0], sums[:, 1])

    return statistic


def root(inner: Statistic) -> Statistic:
    """Return the square root of a statistic."""
    return lambda weights: np.sqrt(inner(weights))


def average(parts: Sequence[Statistic], *, skip_undefined: bool) -> Statistic:
    """Return the unweighted mean of statistics; an undefined one is skipped, or makes the mean undefined."""

    def statistic(weights: Weights) -> Floats:
        values = np.stack([part(weights) for part in parts])
        defined = ~np.isnan(values)
        mean = divide(np.where(defined, values, 0.0).sum(axis=0), defined.sum(axis=0))
        return mean if skip_undefined else np.where(defined.all(axis=0), mean, np.nan)

    return statistic


def restrict(inner: Statistic, rows: NDArray[np.intp]) -> Statistic:
    """Return `inner`, a statistic of `rows`, as a statistic of all rows."""
    return lambda weights: inner(np.take(weights, rows, axis=1))


def r_squared(label: Floats, prediction: Floats) -> Statistic:
    """Return 1 - sum w (y - p)^2 / sum w (y - mean_w(y))^2."""
    centred = label - label.mean()  # otherwise the difference of two large sums of squares loses digits
    columns = np.column_stack([(label - prediction) ** 2, centred, centred**2, np.ones_like(centred)])

    def statistic(weights: Weights) -> Floats:
        residual, first, second, count = (weights.astype(np.float64) @ columns).T
        spread = second - divide(first**2, count)
        constant = spread <= 1e-12 * np.maximum(second, np.finfo(float).tiny)
        return 1 - divide(residual, np.where(constant, 0.0, spread))

    return statistic


def roc_auc(positive: NDArray[np.bool_], score: Floats) -> Statistic:
    """Return the share of (positive, negative) pairs in the right order, ties counting half (Mann-Whitney).

    Whole numbers throughout, hence exact. One resample of n rows costs O(n): two gathers and one running sum.
    """
    above, under = _sorted_rows(positive, score), _sorted_rows(~positive, score)
    beaten = np.searchsorted(score[under], score[above], side="left")
    reached = np.searchsorted(score[under], score[above], side="right")

    def statistic(weights: Weights) -> Floats:
        counter = _counter(weights)
        cumulative = np.zeros((len(weights), len(under) + 1), dtype=counter)
        np.cumsum(np.take(weights, under, axis=1), axis=1, dtype=counter, out=cumulative[:, 1:])
        drawn = np.take(weights, above, axis=1)
        pairs = np.take(cumulative, beaten, axis=1)
        pairs += np.take(cumulative, reached, axis=1)
        twice = np.einsum("rn,rn->r", pairs, drawn, dtype=np.int64, casting="unsafe")
        return divide(twice, 2 * drawn.sum(axis=1, dtype=np.int64) * cumulative[:, -1])

    return statistic


def average_precision(positive: NDArray[np.bool_], score: Floats) -> Statistic:
    """Return sum over thresholds of (recall_k - recall_{k-1}) * precision_k, as scikit-learn defines it."""
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.diff(score[order], append=np.nan) != 0)  # equal scores share one threshold
    hit = positive[order]

    def statistic(weights: Weights) -> Floats:
        drawn = np.take(weights, order, axis=1)
        counter = _counter(weights)
        predicted = np.take(np.cumsum(drawn, axis=1, dtype=counter), ends, axis=1)
        right = np.take(np.cumsum(drawn * hit, axis=1, dtype=counter), ends, axis=1)
        gained = np.diff(right, axis=1, prepend=0)
        precision = right / np.maximum(predicted, 1)  # 0 of 0: nothing is gained there
        return divide(np.einsum("rk,rk->r", gained.astype(np.float64), precision), right[:, -1])

    return statistic


def _counter(weights: Weights) -> type[np.signedinteger[Any]]:
    """Return an integer type that holds twice the number of rows drawn; the narrow one halves the memory traffic."""
    most = weights.shape[1] * int(np.iinfo(weights.dtype).max)
    if most >= HALF_OF_INT32:
        most = int(weights.sum(axis=1, dtype=np.int64).max(initial=0))
    return np.int32 if most < HALF_OF_INT32 else np.int64


def _sorted_rows(chosen: NDArray[np.bool_], score: Floats) -> NDArray[np.intp]:
    rows = np.flatnonzero(chosen)
    return rows[np.argsort(score[rows], kind="stable")]
