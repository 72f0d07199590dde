"""McNemar's and Wilcoxon's tests against SciPy and published tables."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, wilcoxon

from lockstep.statistics import mcnemar, signed_rank


@given(wins=st.integers(0, 200), losses=st.integers(0, 200))
@settings(max_examples=200, deadline=None)
def test_mid_p_is_the_exact_p_less_the_chance_of_what_was_seen(wins: int, losses: int) -> None:
    if wins + losses == 0:
        return
    exact = binomtest(wins, wins + losses).pvalue
    seen = binomtest(wins, wins + losses, alternative="less").pvalue - (
        binomtest(wins - 1, wins + losses, alternative="less").pvalue if wins else 0
    )
    expected = 1.0 if wins == losses else exact - seen
    assert mcnemar.mid_p(wins, losses) == pytest.approx(expected, abs=1e-9)
    assert mcnemar.mid_p(wins, losses) == mcnemar.mid_p(losses, wins)
    assert 0 <= mcnemar.mid_p(wins, losses) <= 1


def test_the_published_mid_p_is_found() -> None:
    """Fagerland, Lydersen and Laake (2013), table 1: airway hyper-responsiveness, 7 against 1: mid-p 0.039."""
    assert round(float(mcnemar.mid_p(7, 1)), 3) == 0.039


def test_rows_of_one_entity_are_one_witness() -> None:
    """Every row twice: for rows the evidence doubles, for entities it does not change."""
    rng = np.random.default_rng(1)
    first, second = rng.random(400) < 0.7, rng.random(400) < 0.75
    once = np.arange(400)
    alone = mcnemar.test(np.tile(first, 2), np.tile(second, 2), np.arange(800))
    shared = mcnemar.test(np.tile(first, 2), np.tile(second, 2), np.tile(once, 2))
    plain = mcnemar.test(first, second, once)
    assert alone.p_value < shared.p_value
    assert shared.p_value == pytest.approx(plain.p_value, abs=0.01)
    assert (shared.second_only, shared.first_only) == (2 * plain.second_only, 2 * plain.first_only)


def test_mcnemar_gives_a_reason_if_it_does_not_apply() -> None:
    same = np.array([True, False] * 10)
    assert mcnemar.test(same, same, np.arange(20)) == "both are right on the same rows"
    better = np.ones(20, dtype=bool)
    few = mcnemar.test(same, better, np.repeat(np.arange(5), 4))
    assert few == "they differ on 5 entities; at least 10 are needed where rows share one"


@given(seed=st.integers(0, 10_000), pairs=st.integers(6, 60))
@settings(max_examples=60, deadline=None)
def test_the_signed_rank_test_is_that_of_scipy(seed: int, pairs: int) -> None:
    gains = np.random.default_rng(seed).normal(0.2, 1, pairs).round(2)
    found = signed_rank.test(gains)
    assert found.p_value == pytest.approx(wilcoxon(gains, zero_method="pratt").pvalue)
    assert (found.second_wins, found.first_wins) == ((gains > 0).sum(), (gains < 0).sum())


@pytest.mark.parametrize(
    ("gains", "reason"), [([1.0] * 5, "5 pairs; at least 6 are needed"), ([0.0] * 9, "no pair differs")]
)
def test_wilcoxon_gives_a_reason_if_it_does_not_apply(gains: list[float], reason: str) -> None:
    assert signed_rank.test(np.array(gains)) == reason


def test_five_wins_in_five_would_not_be_significant_and_six_in_six_are() -> None:
    assert signed_rank.test(np.arange(1.0, 7.0)).p_value == pytest.approx(2 / 2**6)
