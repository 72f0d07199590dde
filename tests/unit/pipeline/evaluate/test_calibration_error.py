"""The calibration error: by its definition, and compared with that of a calibrated model."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lockstep.artifacts.predictions import Predictions
from lockstep.pipeline.evaluate import calibration


def world(rng: np.random.Generator, rows: int = 1000, stretch: float = 1.0) -> tuple[NDArray[Any], NDArray[Any]]:
    """Labels drawn by the true chance; the model says a stretched one."""
    logit = rng.normal(size=rows)
    label = (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(float)
    return (1 / (1 + np.exp(-stretch * logit))).round(6), label


def test_the_error_is_the_mean_gap_of_ten_equal_bins() -> None:
    rng = np.random.default_rng(1)
    predicted, label = world(rng, 1000, 2.0)
    parts = np.array_split(np.argsort(predicted), 10)
    expected = sum(len(part) * abs(predicted[part].mean() - label[part].mean()) for part in parts) / 1000
    assert calibration.error(predicted, label) == pytest.approx(expected, abs=2e-3)
    assert np.bincount(calibration.bins(predicted)).tolist() == [100] * 10


def test_ties_share_a_bin() -> None:
    predicted = np.repeat([0.1, 0.9], [950, 50])
    assert len(np.unique(calibration.bins(predicted)[:950])) == 1


def test_chance_is_that_of_drawn_labels() -> None:
    """The normal law of a bin's gap against labels that are really drawn."""
    rng = np.random.default_rng(2)
    predicted, _ = world(rng, 500)
    drawn = [calibration.error(predicted, (rng.random(500) < predicted).astype(float)) for _ in range(2000)]
    said = calibration.by_chance(predicted, np.random.default_rng(3))
    assert np.quantile(said, [0.1, 0.5, 0.95]) == pytest.approx(np.quantile(drawn, [0.1, 0.5, 0.95]), rel=0.05)


@pytest.mark.parametrize("seed", [4, 5])
def test_the_error_of_an_overconfident_model_is_above_chance_and_of_a_calibrated_one_is_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for stretch, beyond in ((1.0, False), (3.0, True)):
        predicted, label = world(rng, 2000, stretch)
        high = np.quantile(calibration.by_chance(predicted, np.random.default_rng(1)), 0.99)
        assert (calibration.error(predicted, label) > high) == beyond


def test_of_many_classes_the_likeliest_one_is_judged() -> None:
    chance = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4]])
    found = Predictions("multiclass", np.arange(2), None, np.array([0.0, 2.0]), {"model": chance})
    predicted, happened = calibration.sides(found)
    assert (predicted.tolist(), happened.tolist()) == ([0.7, 0.5], [1.0, 0.0])
