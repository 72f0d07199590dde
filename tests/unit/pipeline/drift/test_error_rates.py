"""How often the verdict is wrong, on simulated samples with and without drift."""

import numpy as np
import pytest
from scipy.stats import binom

from lockstep.params.pipeline.drift import DriftSpec, MinEffect
from lockstep.pipeline.drift.comparison import Comparison, Series, compare
from lockstep.pipeline.drift.verdict import Verdict, decide

DRAWS = 200
RATE = 0.05
ANY_EFFECT = DriftSpec(false_discovery_rate=RATE, min_effect=MinEffect(psi=0.0, missing=0.0))
"""The tests alone decide: the least effect would hide a test that is wrong."""

NUMBERS = [Series(f"number {i}", "number") for i in range(8)]
CATEGORIES = [Series(f"category {i}", "category") for i in range(4)]
SCORE = Series("score", "number")


def sample(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """Draw windows of the same events (dependent), counts with ties, holes, rare and many categories."""
    common = rng.gamma(2.0, 10.0, rows)
    columns = [common * rng.uniform(0.5, 1.5, rows) for _ in range(3)]
    columns += [rng.poisson(0.4, rows), rng.normal(size=rows), np.full(rows, 3.0), rng.exponential(1, rows)]
    columns += [np.where(rng.random(rows) < 0.7, 0.0, common)]
    numbers = [np.where(rng.random(rows) < 0.02 * i, np.nan, column) for i, column in enumerate(columns)]
    levels = [np.array([f"level {i}" for i in range(k)], dtype=object) for k in (2, 6, 200, 2000)]
    texts = [
        choices[np.minimum(rng.geometric(min(0.6, 3 / len(choices)), rows), len(choices)) - 1] for choices in levels
    ]
    named = zip([*NUMBERS, *CATEGORIES], [*numbers, *texts], strict=True)
    return {series.name: values for series, values in named} | {SCORE.name: rng.beta(2, 5, rows)}


def compare_samples(reference: dict[str, np.ndarray], current: dict[str, np.ndarray]) -> list[Comparison]:
    return [compare(series, reference[series.name], current[series.name]) for series in [*NUMBERS, *CATEGORIES, SCORE]]


@pytest.fixture(scope="module")
def no_drift() -> list[list[Comparison]]:
    rng = np.random.default_rng(20250630)
    return [compare_samples(sample(rng, 400), sample(rng, 250)) for _ in range(DRAWS)]


def verdict(comparisons: list[Comparison], spec: DriftSpec) -> Verdict:
    return decide(comparisons[:-1], comparisons[-1], spec)


def test_false_alarms_are_at_most_as_frequent_as_promised(no_drift: list[list[Comparison]]) -> None:
    """With all hypotheses true, the false discovery rate is the share of draws with any alarm at all."""
    alarms = sum(verdict(comparisons, ANY_EFFECT).drift for comparisons in no_drift)
    assert alarms <= binom.ppf(0.999, DRAWS, RATE)


def test_each_test_alone_keeps_its_level_and_is_not_idle(no_drift: list[list[Comparison]]) -> None:
    for position, series in enumerate([*NUMBERS, *CATEGORIES, SCORE]):
        p_values = [comparisons[position].values_p_value for comparisons in no_drift]
        rejected = sum(p <= RATE for p in p_values if p is not None)
        assert rejected <= binom.ppf(0.9999, DRAWS, RATE), series.name
        constant = series.name == "number 5"
        assert constant or rejected > 0, series.name


def test_with_the_least_effect_there_is_no_false_alarm_at_all(no_drift: list[list[Comparison]]) -> None:
    assert not any(verdict(comparisons, DriftSpec()).drift for comparisons in no_drift)


@pytest.mark.parametrize("change", ["number", "category", "missing", "score"])
def test_a_known_shift_is_found_and_little_else_is_blamed(change: str) -> None:
    rng = np.random.default_rng(7)
    found, blamed = 0, 0
    for _ in range(25):
        reference, current = sample(rng, 400), sample(rng, 250)
        name = {"number": "number 4", "category": "category 1", "missing": "number 4", "score": "score"}[change]
        current[name] = shifted(rng, current[name], change)
        comparisons = compare_samples(reference, current)
        result = verdict(comparisons, DriftSpec())
        drifted = [j.name for j in [*result.features, result.score] if j.status == "drifted"]
        found += name in drifted
        blamed += len(drifted) - (name in drifted)
    assert found >= 24
    assert blamed <= binom.ppf(0.99, 25, RATE), "one discovery in twenty may be false"


def shifted(rng: np.random.Generator, values: np.ndarray, change: str) -> np.ndarray:
    if change == "number":
        return values + 0.8
    if change == "category":
        return np.where(rng.random(values.size) < 0.2, "a channel never seen", values)
    if change == "missing":
        return np.where(rng.random(values.size) < 0.25, np.nan, values)
    return np.sqrt(values)
