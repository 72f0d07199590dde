"""Calibration: a curve from predicted to observed probability, fitted on rows that the model was not fitted on.

- sigmoid: the log-odds are stretched and shifted (Platt, 1999, with his targets, which keep it finite).
- isotonic: a rising line through the centres of the blocks that isotonic regression makes of bins of equal mass
  (centred isotonic regression; Oron and Flournoy, 2017). A step function would tie different predictions, and the last
  bit of a float would decide at its edges.

Each of several classes has a curve against the others, and rows are scaled to add up to 1 (Zadrozny and Elkan, 2002).
"""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from lockstep.core.files import dump_json, read_model
from lockstep.learners.spec import Vector
from lockstep.params.pipeline.train import Calibration

NAME = "calibration.json"
BINS = 50  # of equal mass; a graph keeps so many columns a row in memory
LEAST_STEP = 0.01  # between two centres, as a share of the later one: a steeper line would magnify rounding
NEAREST = 1e-5  # distance from 0 and 1 at which log-odds are clipped: float32 resolves no smaller one
LOOSE = 1e6  # inverse of the penalty on the slope
DECIMALS = 9  # of what is fitted: the last bits differ between processors


class Sigmoid(BaseModel):
    """P' = expit(slope * logit(P) + shift)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["sigmoid"] = "sigmoid"
    slope: float
    shift: float

    def apply(self, probability: Vector) -> Vector:
        """Return the calibrated probabilities, (n,)."""
        return np.asarray(1 / (1 + np.exp(-(self.slope * _log_odds(probability) + self.shift))))


class Line(BaseModel):
    """A line through points (x, y), level before the first and after the last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["line"] = "line"
    x: tuple[float, ...] = Field(min_length=1)
    y: tuple[float, ...] = Field(min_length=1)

    def apply(self, probability: Vector) -> Vector:
        """Return the calibrated probabilities, (n,)."""
        return np.interp(probability, self.x, self.y)


Curve = Annotated[Sigmoid | Line, Field(discriminator="kind")]


class Calibrator(BaseModel):
    """One curve for P(1), or one for each of more classes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    curves: tuple[Curve, ...] = Field(min_length=1)

    def apply(self, probability: Vector) -> Vector:
        """Return the calibrated probabilities: P(1) (n,), or (n, k) that add up to 1."""
        if probability.ndim == 1:
            return self.curves[0].apply(probability)
        calibrated = np.column_stack([curve.apply(probability[:, k]) for k, curve in enumerate(self.curves)])
        return np.asarray(calibrated / calibrated.sum(axis=1, keepdims=True))

    def write(self, directory: Path) -> None:
        """Write `calibration.json`."""
        (directory / NAME).write_text(dump_json(self.model_dump(mode="json")), encoding="utf-8")


def read(directory: Path) -> Calibrator | None:
    """Return the calibration of the model in `directory`, or None where it has none."""
    return read_model(Calibrator, directory / NAME) if (directory / NAME).is_file() else None


def fit(method: Calibration, probability: Vector, label: Vector, weight: Vector | None = None) -> Calibrator | None:
    """Return the calibration of these predictions; None for `none`.

    Args:
        method: none, sigmoid or isotonic.
        probability: of rows that the model was not fitted on: P(1) (n,), or (n, k).
        label: 0 or 1, or the index of the class, (n,).
        weight: of each row, (n,).
    """
    if method == "none":
        return None
    weight = np.ones(len(label)) if weight is None else weight
    one = _sigmoid if method == "sigmoid" else _line
    if probability.ndim == 1:
        return Calibrator(curves=(one(probability, label, weight),))
    columns = range(probability.shape[1])
    return Calibrator(curves=tuple(one(probability[:, k], (label == k).astype(float), weight) for k in columns))


def _log_odds(probability: Vector) -> Vector:
    inside = np.clip(probability, NEAREST, 1 - NEAREST)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _sigmoid(probability: Vector, label: Vector, weight: Vector) -> Sigmoid:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    ones, zeros = weight @ label, weight @ (1 - label)
    target = np.where(label == 1, (ones + 1) / (ones + 2), 1 / (zeros + 2))
    log_odds = _log_odds(probability)
    centre, scale = log_odds.mean(), log_odds.std() or 1.0
    # A target between 0 and 1 is a row of each label, weighed accordingly.
    rows = np.tile((log_odds - centre) / scale, 2).reshape(-1, 1)
    labels = np.repeat([1, 0], len(label))
    weights = np.concatenate([weight * target, weight * (1 - target)])
    with threadpool_limits(1):
        # A tiny penalty: without one, equal predictions leave the slope undetermined.
        fitted = LogisticRegression(C=LOOSE, solver="newton-cholesky", tol=1e-10, max_iter=200)
        fitted.fit(rows, labels, sample_weight=weights)
    slope = float(fitted.coef_[0, 0]) / scale
    return Sigmoid(slope=round(slope, DECIMALS), shift=round(float(fitted.intercept_[0]) - slope * centre, DECIMALS))


def _line(probability: Vector, label: Vector, weight: Vector) -> Line:
    from sklearn.isotonic import IsotonicRegression

    bins = _bins(probability, weight)
    mass, predicted, observed = (np.bincount(bins, values) for values in (weight, weight * probability, weight * label))
    # One pseudo-row at the predicted probability: a bin with few rows is never exactly 0 or 1.
    centre = predicted / mass
    level = (observed + centre) / (mass + 1)
    rising = IsotonicRegression().fit_transform(centre, level, sample_weight=mass)
    blocks = np.unique(rising, return_inverse=True)[1]
    x = np.bincount(blocks, mass * centre) / np.bincount(blocks, mass)
    y = np.bincount(blocks, mass * level) / np.bincount(blocks, mass)
    kept = _apart(x)
    inside = np.clip(y[kept], NEAREST, 1 - NEAREST)
    return Line(x=tuple(np.round(x[kept], DECIMALS).tolist()), y=tuple(np.round(inside, DECIMALS).tolist()))


def _bins(probability: Vector, weight: Vector) -> npt.NDArray[np.intp]:
    """Return the bin of each row, (n,): bins of equal mass as far as ties allow, none of them empty."""
    place = np.unique(probability, return_inverse=True)[1]
    mass = np.bincount(place, weight)
    middle = np.cumsum(mass) - mass / 2
    return np.unique(np.floor(BINS * middle / mass.sum())[place], return_inverse=True)[1]


def _apart(x: Vector) -> list[int]:
    """Return the places of rising centres that lie a step apart, the first one among them."""
    kept = [0]
    for place in range(1, len(x)):
        if x[place] - x[kept[-1]] >= LEAST_STEP * x[place]:
            kept.append(place)
    return kept
