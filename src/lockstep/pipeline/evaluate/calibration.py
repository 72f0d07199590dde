"""The expected calibration error, and the error of a perfectly calibrated model for comparison.

On a finite sample, even a perfectly calibrated model has an error above 0; it grows as rows get fewer. So the error is
shown beside the errors of simulated, perfectly calibrated models with the same predictions.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from lockstep.artifacts.evaluation import Calibration
from lockstep.artifacts.predictions import Predictions
from lockstep.statistics import weighted
from lockstep.statistics.resamples import Key, Resampled
from lockstep.statistics.weighted import Floats, Statistic

BINS = 10
SIMULATED = 10_000  # perfectly calibrated models
LIKELY = 0.95  # quantile of their errors for `chance_high`
BIAS: Key = ("calibration", "bias")


def bins(predicted: Floats) -> NDArray[np.intp]:
    """Return the bin of each row, (n,), 0 and up; bins have equal numbers of rows as far as ties allow."""
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, BINS + 1)))
    return np.searchsorted(edges[1:-1], predicted, side="right")


def sides(predictions: Predictions) -> tuple[Floats, Floats]:
    """Return predictions and outcomes, (n,) each; for three or more classes, of the most likely class."""
    predicted, label = predictions.model, predictions.label
    if predictions.kind.has_classes:
        return predicted.max(axis=1), (predicted.argmax(axis=1) == label).astype(np.float64)
    return predicted, label


def prepare(predictions: Predictions) -> dict[Key, Statistic]:
    """Return the bias: mean prediction minus mean label."""
    predicted, happened = sides(predictions)
    return {BIAS: weighted.ratio(predicted - happened)}


def result(predictions: Predictions, resampled: Resampled, seed: int) -> Calibration:
    """Return the calibration; without an error if predictions are no probabilities.

    Args:
        predictions: of the test split.
        resampled: of `prepare`'s statistic.
        seed: of the simulated models.
    """
    bias = resampled.estimate(BIAS, "no rows")
    if not predictions.kind.has_probabilities:
        return Calibration(bias=bias)
    predicted, happened = sides(predictions)
    chance = by_chance(predicted, np.random.default_rng(seed))
    return Calibration(
        bias=bias,
        error=error(predicted, happened),
        chance=float(chance.mean()),
        chance_high=float(np.quantile(chance, LIKELY)),
    )


def error(predicted: Floats, happened: Floats) -> float:
    """Return the mean over rows of |mean prediction - share that happened| of the row's bin."""
    gaps = np.bincount(bins(predicted), predicted - happened)
    return float(np.abs(gaps).sum() / len(predicted))


def by_chance(predicted: Floats, rng: np.random.Generator) -> Floats:
    """Return the errors of perfectly calibrated models with these predictions, (simulated,).

    The gap of a bin is a sum over independent rows, so it is nearly normal with variance sum p (1 - p).
    """
    spread = np.sqrt(np.bincount(bins(predicted), predicted * (1 - predicted)))
    gaps = norm.ppf(rng.random((SIMULATED, len(spread)))) * spread
    return np.asarray(np.abs(gaps).sum(axis=1) / len(predicted))
