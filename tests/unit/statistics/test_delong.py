"""DeLong's test: a published example, the definition, and rows that share an entity."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from lockstep.statistics import delong

# DeLong, DeLong and Clarke-Pearson (1988): 49 patients of whom 43 have all three tests. Albumin, total protein, K-G
# score, and whether surgery helped; data and results as in the SAS/STAT User's Guide, PROC LOGISTIC, "Comparing
# Receiver Operating Characteristic Curves".
PATIENTS = np.loadtxt(
    io.StringIO(
        """
    3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0  1.6 5.6 5 1
    3.8 5.7 5 1   3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1  4.3 7.0 4 1  3.6 6.7 4 0
    2.3 4.4 6 1   4.2 7.6 4 0  4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1  3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1
    3.1 6.6 6 1   4.1 8.2 6 1  4.3 7.0 5 1  4.3 6.5 4 1  3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0
    3.7 6.1 5 1   3.3 6.3 7 1  4.2 7.7 6 1  3.5 6.2 5 1  2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1
    3.3 5.7 6 1   3.7 6.9 5 1  3.6 6.6 5 1
    """.replace("  ", "\n")
    ),
    ndmin=2,
)
ALBUMIN, PROTEIN, SCORE = PATIENTS[:, 0], PATIENTS[:, 1], 10 - PATIENTS[:, 2]
HELPED = PATIENTS[:, 3] == 1
ALONE = np.arange(len(PATIENTS))


def test_the_published_areas_are_found() -> None:
    areas = [delong.test(HELPED, SCORE, score, ALONE).areas for score in (ALBUMIN, PROTEIN)]
    assert np.round(areas, 4).tolist() == [[0.7258, 0.7366], [0.7258, 0.6478]]


@pytest.mark.parametrize(
    ("second", "difference", "error", "p_value", "interval"),
    [
        (ALBUMIN, 0.0108, 0.0953, 0.9102, (-0.1761, 0.1976)),
        (PROTEIN, -0.0780, 0.1046, 0.4561, (-0.2830, 0.1271)),
    ],
)
def test_the_published_comparisons_with_the_score_are_found(
    second: NDArray[Any], difference: float, error: float, p_value: float, interval: tuple[float, float]
) -> None:
    found = delong.test(HELPED, SCORE, second, ALONE)
    assert (round(found.difference, 4), round(found.error, 4), round(found.p_value, 4)) == (difference, error, p_value)
    assert np.round(found.interval(0.95), 4).tolist() == list(interval)


def slow(positive: NDArray[Any], score: NDArray[Any], codes: NDArray[Any]) -> tuple[float, NDArray[Any], NDArray[Any]]:
    """The definition: placements pair by pair, added up by entity."""
    wins = (score[positive][:, None] > score[~positive]) + 0.5 * (score[positive][:, None] == score[~positive])
    area = wins.mean()
    above, under = np.zeros(codes.max() + 1), np.zeros(codes.max() + 1)
    np.add.at(above, codes[positive], wins.mean(axis=1) - area)
    np.add.at(under, codes[~positive], wins.mean(axis=0) - area)
    return area, above / positive.sum(), under / (~positive).sum()


@given(seed=st.integers(0, 10_000), rows=st.integers(20, 80), entities=st.integers(8, 60))
@settings(max_examples=80, deadline=None)
def test_the_error_is_that_of_the_definition_with_ties_and_shared_entities(seed: int, rows: int, entities: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, entities, rows)
    positive = rng.random(rows) < 0.5
    scores = [np.round(rng.random(rows) + 0.3 * positive, 1) for _ in range(2)]
    found = delong.test(positive, *scores, codes)
    if isinstance(found, str):
        assert min(len(np.unique(codes[positive])), len(np.unique(codes[~positive]))) < 2 or np.all(
            scores[0].argsort() == scores[1].argsort()
        )
        return
    (area, *first), (other, *second) = (slow(positive, score, codes) for score in scores)
    above, under = first[0] - second[0], first[1] - second[1]
    counts = [len(np.unique(codes[positive])), len(np.unique(codes[~positive])), len(np.unique(codes))]
    factors = [count / (count - 1) for count in counts]
    variance = factors[0] * above @ above + factors[1] * under @ under + 2 * factors[2] * above @ under
    assert found.areas == pytest.approx((area, other))
    assert found.areas == pytest.approx([roc_auc_score(positive, score) for score in scores])
    assert found.error == pytest.approx(np.sqrt(max(variance, 0)), abs=1e-7)
    assert found.p_value == pytest.approx(2 * norm.sf(abs(other - area) / found.error))


def test_every_row_twice_is_no_more_evidence_if_the_copies_share_an_entity() -> None:
    twice = [np.tile(values, 2) for values in (HELPED, SCORE, PROTEIN, ALONE)]
    once, again = delong.test(HELPED, SCORE, PROTEIN, ALONE), delong.test(*twice)
    assert (again.difference, again.error) == pytest.approx((once.difference, once.error))


@pytest.mark.parametrize(
    ("positive", "second", "reason"),
    [
        ([1, 0, 0, 0], [1, 2, 3, 4], "fewer than 2 entities have a row of each class"),
        ([1, 1, 0, 0], [2, 4, 6, 8], "both scores order the rows in the same way"),
    ],
)
def test_delong_gives_a_reason_if_it_does_not_apply(positive: list[int], second: list[int], reason: str) -> None:
    found = delong.test(np.array(positive) == 1, np.array([1.0, 2, 3, 4]), np.array(second, float), np.arange(4))
    assert found == reason
