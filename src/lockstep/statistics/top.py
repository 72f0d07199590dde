"""Metrics of the rows with the highest scores, for problems where only a limited number of rows can be acted on."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lockstep.statistics.weighted import Floats, Statistic, Weights, divide


def precision(positive: NDArray[np.bool_], score: Floats, share: float) -> Statistic:
    """Return the share of positives among the top rows."""
    return _of_top(positive, score, share, lambda hits, taken, *_: divide(hits, taken))


def recall(positive: NDArray[np.bool_], score: Floats, share: float) -> Statistic:
    """Return the share of all positives that is among the top rows."""
    return _of_top(positive, score, share, lambda hits, _, positives, __: divide(hits, positives))


def lift(positive: NDArray[np.bool_], score: Floats, share: float) -> Statistic:
    """Return how many times as frequent positives are among the top rows as among all."""
    return _of_top(positive, score, share, lambda hits, taken, positives, rows: divide(hits * rows, taken * positives))


def _of_top(
    positive: NDArray[np.bool_], score: Floats, share: float, value: Callable[[Floats, Floats, Floats, Floats], Floats]
) -> Statistic:
    """Return a statistic of (hits, rows taken, positives, rows), each (resamples,).

    Of rows tied at the last score, a fraction is taken: the expectation if ties are broken at random.
    """
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.diff(score[order], append=np.nan) != 0)
    hit = positive[order]

    def statistic(weights: Weights) -> Floats:
        drawn = np.take(weights, order, axis=1)
        predicted = np.take(np.cumsum(drawn, axis=1, dtype=np.int64), ends, axis=1)
        right = np.take(np.cumsum(drawn * hit, axis=1, dtype=np.int64), ends, axis=1)
        rows = predicted[:, -1].astype(np.float64)
        taken = np.ceil(share * rows - 1e-9)  # 0.1 * 70 is slightly above 7
        last = (predicted < taken[:, None]).sum(axis=1)
        reached, found = _at(predicted, last), _at(right, last)
        before, sure = _at(predicted, last - 1), _at(right, last - 1)
        part = np.divide(taken - before, reached - before, out=np.zeros(len(rows)), where=reached > before)
        return value(sure + part * (found - sure), taken, right[:, -1].astype(np.float64), rows)

    return statistic


def _at(cumulative: NDArray[np.int64], place: NDArray[np.intp]) -> Floats:
    """Return the value of each row of a matrix at a place, 0 before the first."""
    values = np.take_along_axis(cumulative, np.maximum(place, 0)[:, None], axis=1)[:, 0]
    return np.where(place < 0, 0, values).astype(np.float64)
