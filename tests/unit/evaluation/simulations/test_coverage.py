"""95% intervals cover the true value in 95 of 100 simulated data sets."""

from collections.abc import Callable

import numpy as np
import pytest

from lockstep.statistics import bootstrap
from lockstep.statistics.weighted import Statistic
from lockstep.tasks import binary, regression
from tests.unit.evaluation.simulations.worlds import ALONE, ROWS, SHARED, WORLDS, Array, area, labels, resampled, scores

RESAMPLES = 300
LOWEST, HIGHEST = 0.935, 0.965

World = Callable[[np.random.Generator, Array], list[Statistic]]


def covered(
    world: World,
    truths: list[float],
    codes: Array,
    seed: int,
    *,
    resample_by: Array | None = None,
    worlds: int = WORLDS,
) -> Array:
    """The share of worlds whose interval holds the truth, for each statistic."""
    rng = np.random.default_rng(seed)
    held = np.zeros(len(truths))
    unit = codes if resample_by is None else resample_by
    confidence = bootstrap.widened(0.95, len(np.unique(unit)))
    for _, weights in zip(range(worlds), resampled(rng, RESAMPLES, unit), strict=False):
        for number, (statistic, truth) in enumerate(zip(world(rng, codes), truths, strict=True)):
            found = bootstrap.interval(bootstrap.observed(statistic, ROWS), statistic(weights), confidence, "")
            held[number] += found.low <= truth <= found.high
    return held / worlds


def classes(rng: np.random.Generator, codes: Array) -> list[Statistic]:
    positive = labels(rng, codes)
    (score,) = scores(rng, positive, codes, [1.0])
    probability = 1 / (1 + np.exp(-score))
    metrics = {metric.name: metric for metric in binary.TASK.metrics}
    return [
        metrics[name].prepare(positive.astype(float), probability)
        for name in ("roc_auc", "brier", "precision", "recall")
    ]


def numbers(rng: np.random.Generator, codes: Array) -> list[Statistic]:
    # Errors of an entity share half of their variance.
    shared = rng.normal(size=codes.max() + 1)[codes]
    error = np.sqrt(0.5) * (shared + rng.normal(size=ROWS))
    metrics = {metric.name: metric for metric in regression.TASK.metrics}
    return [metrics[name].prepare(error, np.zeros(ROWS)) for name in ("mae", "rmse", "pinball")]


def truth_of_classes() -> list[float]:
    """By a million rows, but for the area, which is known."""
    rng = np.random.default_rng(99)
    positive = rng.random(1_000_000) < 0.5
    probability = 1 / (1 + np.exp(-(positive + rng.normal(size=1_000_000))))
    called = probability >= 0.5
    return [area(1.0), np.mean((positive - probability) ** 2), positive[called].mean(), called[positive].mean()]


# Of a standard normal error e: E|e|, sqrt(E e^2), and the pinball loss at 0.9, half of E|e|.
TRUTH_OF_NUMBERS = [np.sqrt(2 / np.pi), 1.0, np.sqrt(2 / np.pi) / 2]


@pytest.mark.parametrize("codes", [ALONE, SHARED], ids=["rows alone", "rows that share an entity"])
def test_intervals_of_class_metrics_cover_the_true_value(codes: Array) -> None:
    found = covered(classes, truth_of_classes(), codes, 22)
    assert np.all((found >= LOWEST) & (found <= HIGHEST)), found


@pytest.mark.parametrize("codes", [ALONE, SHARED], ids=["rows alone", "rows that share an entity"])
def test_intervals_of_number_metrics_cover_the_true_value(codes: Array) -> None:
    found = covered(numbers, TRUTH_OF_NUMBERS, codes, 2)
    assert np.all((found >= LOWEST) & (found <= HIGHEST)), found


def test_intervals_that_ignore_entities_do_not() -> None:
    """The simulation can tell: the wrong resampling is found out."""
    found = covered(numbers, TRUTH_OF_NUMBERS, SHARED, 3, resample_by=ALONE, worlds=300)
    assert np.all(found < 0.92), found
