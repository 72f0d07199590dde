"""Paired tests have their nominal level for equal models and their theoretical power for unequal ones."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom, norm

from lockstep.statistics import bootstrap, delong, mcnemar, signed_rank, weighted
from tests.unit.evaluation.simulations.worlds import ALONE, ROWS, SHARED, WORLDS, Array, band, labels, resampled, scores

LEVEL = 0.05
CODES = pytest.mark.parametrize("codes", [ALONE, SHARED], ids=["rows alone", "rows that share an entity"])


Test = Callable[[np.random.Generator], float]


def alarms(test: Test, seed: int, worlds: int = WORLDS) -> int:
    """In how many worlds the p-value is at most the level."""
    rng = np.random.default_rng(seed)
    return sum(test(rng) <= LEVEL for _ in range(worlds))


def by_delong(shifts: list[float], codes: Array) -> Test:
    def test(rng: np.random.Generator) -> float:
        positive = labels(rng, codes)
        return delong.test(positive, *scores(rng, positive, codes, shifts), codes).p_value

    return test


def by_bootstrap(shifts: list[float], codes: Array, resamples: int = 200) -> Test:
    """0 where the paired interval leaves out zero, else 1."""
    weights = resampled(np.random.default_rng(11), resamples, codes)

    def test(rng: np.random.Generator) -> float:
        positive = labels(rng, codes)
        drawn = next(weights)
        first, second = (weighted.roc_auc(positive, s)(drawn) for s in scores(rng, positive, codes, shifts))
        found = bootstrap.interval(0.0, second - first, 1 - LEVEL, "")
        return 0.0 if found.low > 0 or found.high < 0 else 1.0

    return test


def by_mcnemar(chances: list[float], codes: Array) -> Test:
    """Both are right with these chances; an entity's rows are mostly right or wrong together."""

    def test(rng: np.random.Generator) -> float:
        entities = codes.max() + 1
        entity = rng.random((2, entities))[:, codes]
        alone = rng.random((2, len(codes)))
        luck = np.where(rng.random(len(codes)) < 0.5, entity, alone) if entities < len(codes) else alone
        right = luck < np.array(chances)[:, None]
        return mcnemar.test(right[0], right[1], codes).p_value

    return test


def by_ranks(gain: float) -> Test:
    return lambda rng: signed_rank.test(gain + rng.standard_t(4, size=60)).p_value


@CODES
def test_delong_has_its_nominal_level(codes: Array) -> None:
    low, high = band(WORLDS, LEVEL)
    assert low <= alarms(by_delong([1.0, 1.0], codes), 1) <= high


@CODES
def test_the_paired_bootstrap_has_its_nominal_level(codes: Array) -> None:
    low, high = band(WORLDS, LEVEL)
    assert low <= alarms(by_bootstrap([1.0, 1.0], codes), 2) <= high


@CODES
def test_mcnemar_has_its_nominal_level(codes: Array) -> None:
    low, high = band(WORLDS, LEVEL)
    assert low <= alarms(by_mcnemar([0.75, 0.75], codes), 3) <= high


def test_wilcoxon_has_its_nominal_level() -> None:
    low, high = band(WORLDS, LEVEL)
    assert low <= alarms(by_ranks(0.0), 4) <= high


@pytest.mark.parametrize("test", ["delong", "mcnemar"])
def test_ignoring_entities_would_exceed_the_nominal_level(test: str) -> None:
    """The simulation can tell: what the entities are for is seen where they are left out."""
    inner = {"delong": by_delong([1.0, 1.0], SHARED), "mcnemar": by_mcnemar([0.75, 0.75], SHARED)}[test]
    module = {"delong": delong, "mcnemar": mcnemar}[test]
    kept = module.test
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "test", lambda first, second, *rest: kept(first, second, *rest[:-1], ALONE))
        assert alarms(inner, 5, 400) > band(400, LEVEL)[1]


def test_delong_has_its_theoretical_power() -> None:
    """Shifts of 1.0 and 1.25: the power of a normal test whose error is that over many worlds."""
    shifts, rng = [1.0, 1.25], np.random.default_rng(6)
    found = []
    for _ in range(WORLDS):
        positive = labels(rng, ALONE)
        found.append(delong.test(positive, *scores(rng, positive, ALONE, shifts), ALONE))
    truth = norm.cdf(1.25 / np.sqrt(2)) - norm.cdf(1 / np.sqrt(2))
    differences = np.array([one.difference for one in found])
    assert differences.mean() == pytest.approx(truth, abs=4 * differences.std() / np.sqrt(WORLDS))
    assert np.mean([one.error for one in found]) == pytest.approx(differences.std(), rel=0.08)
    power = norm.sf(norm.ppf(1 - LEVEL / 2) - truth / differences.std())
    low, high = band(WORLDS, power)
    assert low <= sum(one.p_value <= LEVEL for one in found) <= high


def test_the_paired_bootstrap_has_the_power_of_delong() -> None:
    shifts = [1.0, 1.3]
    bootstrapped = alarms(by_bootstrap(shifts, ALONE), 7)
    assert bootstrapped == pytest.approx(alarms(by_delong(shifts, ALONE), 7), abs=0.05 * WORLDS)


def test_mcnemar_has_its_binomial_power() -> None:
    """The exact power: over the number of rows on which they differ, and over who wins how many of them."""
    first, second = 0.75, 0.83
    wins, losses = second * (1 - first), first * (1 - second)
    power = 0.0
    for differing in range(1, ROWS + 1):
        chance = binom.pmf(differing, ROWS, wins + losses)
        if chance > 1e-9:
            won = np.arange(differing + 1)
            rejected = mcnemar.mid_p(won, differing - won) <= LEVEL
            power += chance * binom.pmf(won, differing, wins / (wins + losses))[rejected].sum()
    low, high = band(WORLDS, power)
    assert low <= alarms(by_mcnemar([first, second], ALONE), 8) <= high


def test_wilcoxon_finds_a_shift_that_the_t_test_finds_and_under_heavy_tails_more_often() -> None:
    from scipy.stats import ttest_1samp

    found = alarms(by_ranks(0.5), 9)
    peer = alarms(lambda rng: ttest_1samp(0.5 + rng.standard_t(4, size=60), 0).pvalue, 9)
    assert found > peer
