"""DeLong's test: do two scores of the same rows have the same area under the ROC curve?

The area is the mean of placements: for a positive row, the share of negative rows with a lower score, and the reverse
for a negative row (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988). Placements are computed from midranks in
O(n log n) (Sun and Xu, IEEE Signal Processing Letters 21, 2014). Placements of one entity are added up first, because
its rows are not independent (Obuchowski, Biometrics 53, 1997); with one row for each entity this is DeLong's variance.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from lockstep.statistics.weighted import Floats

LEAST = 2  # entities with rows of each class: fewer have no variance


@dataclass(frozen=True)
class DeLong:
    """Areas of both scores, the second less the first, its standard error, and the two-sided p-value."""

    areas: tuple[float, float]
    difference: float
    error: float
    p_value: float

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the normal interval of the difference."""
        half = float(norm.ppf((1 + confidence) / 2)) * self.error
        return self.difference - half, self.difference + half


def test(positive: NDArray[np.bool_], first: Floats, second: Floats, codes: NDArray[np.intp]) -> DeLong | str:
    """Return the test, or the reason why there is none.

    Args:
        positive: (n,) rows of class 1.
        first: (n,) scores, ties allowed.
        second: (n,) the other scores of the same rows.
        codes: (n,) number of each row's entity, 0 and up.
    """
    if min(_distinct(codes[side]) for side in (positive, ~positive)) < LEAST:
        return f"fewer than {LEAST} entities have a row of each class"
    areas, deviations = _deviations(positive, np.stack([first, second]), codes)
    covariance = _covariance(positive, deviations, codes)
    difference = float(areas[1] - areas[0])
    error = float(np.sqrt(max(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1], 0.0)))
    if error == 0:
        return (
            "both scores order the rows in the same way"
            if difference == 0
            else "the difference of the scores has no variance"
        )
    return DeLong((float(areas[0]), float(areas[1])), difference, error, float(2 * norm.sf(abs(difference) / error)))


def _deviations(
    positive: NDArray[np.bool_], scores: Floats, codes: NDArray[np.intp]
) -> tuple[Floats, NDArray[np.float64]]:
    """Return the area of each of (s, n) scores, (s,), and the deviations of placements from it by entity, (m, s, 2).

    They are summed over the positive and over the negative rows of each of m entities.
    """
    above, under = scores[:, positive], scores[:, ~positive]
    ranks = rankdata(np.concatenate([above, under], axis=1), axis=1)
    positives, negatives = above.shape[1], under.shape[1]
    beaten = (ranks[:, :positives] - rankdata(above, axis=1)) / negatives
    reached = 1 - (ranks[:, positives:] - rankdata(under, axis=1)) / positives
    areas, size = beaten.mean(axis=1), int(codes.max()) + 1
    sums = [
        [np.bincount(codes[positive], row - area, size), np.bincount(codes[~positive], other - area, size)]
        for area, row, other in zip(areas, beaten, reached, strict=True)
    ]
    return areas, np.array(sums).transpose(2, 0, 1)


def _covariance(positive: NDArray[np.bool_], deviations: NDArray[Any], codes: NDArray[np.intp]) -> NDArray[Any]:
    """Return the covariance of the areas, (s, s), from the sums of `_deviations`."""
    counts = [_distinct(codes[side]) for side in (positive, ~positive)]
    sizes = np.array([positive.sum(), (~positive).sum()])
    # Each side is corrected for its own number of entities, the cross terms for the number of all.
    shares = deviations / sizes
    scale = [count / (count - 1) for count in counts]
    entities = _distinct(codes)
    above, under = shares[..., 0], shares[..., 1]
    between = np.einsum("es,et->st", above, under)
    return np.asarray(
        scale[0] * np.einsum("es,et->st", above, above)
        + scale[1] * np.einsum("es,et->st", under, under)
        + entities / (entities - 1) * (between + between.T)
    )


def _distinct(codes: NDArray[np.intp]) -> int:
    return int(np.count_nonzero(np.bincount(codes)))
