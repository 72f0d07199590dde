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
    areas, parts = zip(*(_deviations(positive, score, codes) for score in (first, second)), strict=True)
    covariance = _covariance(positive, np.stack(parts, axis=1), codes)
    difference = float(areas[1] - areas[0])
    error = float(np.sqrt(max(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1], 0.0)))
    if error == 0:
        return (
            "both scores order the rows in the same way" if difference == 0 else "the scores never disagree by chance"
        )
    return DeLong((float(areas[0]), float(areas[1])), difference, error, float(2 * norm.sf(abs(difference) / error)))


def area_error(positive: NDArray[np.bool_], score: Floats, codes: NDArray[np.intp]) -> tuple[float, float]:
    """Return one score's area and its standard error; both classes need two entities."""
    area, deviations = _deviations(positive, score, codes)
    return area, float(np.sqrt(_covariance(positive, deviations[:, None], codes)[0, 0]))


def _deviations(positive: NDArray[np.bool_], score: Floats, codes: NDArray[np.intp]) -> tuple[float, Any]:
    """Return the area and, by entity, the sums of its positive and negative rows' placements less the area, (m, 2)."""
    above, under = score[positive], score[~positive]
    ranks = rankdata(np.concatenate([above, under]))
    beaten = (ranks[: len(above)] - rankdata(above)) / len(under)
    reached = 1 - (ranks[len(above) :] - rankdata(under)) / len(above)
    area = float(beaten.mean())
    size = int(codes.max()) + 1
    sums = [np.bincount(codes[positive], beaten - area, size), np.bincount(codes[~positive], reached - area, size)]
    return area, np.column_stack(sums)


def _covariance(positive: NDArray[np.bool_], deviations: NDArray[Any], codes: NDArray[np.intp]) -> NDArray[Any]:
    """Return the covariance of the areas, from (entities, scores, 2) or (entities, 1, 2) sums of deviations."""
    counts = [_distinct(codes[side]) for side in (positive, ~positive)]
    sizes = np.array([positive.sum(), (~positive).sum()])
    # Each side is corrected for its number of entities, the terms between the sides for that of all.
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
