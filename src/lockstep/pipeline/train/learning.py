"""How the score depends on the number of rows and on the seed, and whether the model overfits.

Measured with the model's own recipe; nothing is chosen by these results.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lockstep.artifacts.schema import LABEL, FeatureSchema
from lockstep.fitting.training import Recipe, Trained
from lockstep.learners.spec import predict
from lockstep.tasks.formulas import constant_prediction
from lockstep.tasks.registry import task
from lockstep.tasks.task import SearchMetric

DECIMALS = 6
HELD = 0.5
"""Share of the gain on training rows that must hold on validation rows; less is an alarm."""


@dataclass(frozen=True)
class Frames:
    """The splits of the features."""

    train: pd.DataFrame
    valid: pd.DataFrame
    test: pd.DataFrame


@dataclass(frozen=True)
class CurvePoint:
    """The recipe on a share of the training rows: scores on these and on the validation rows."""

    share: float
    rows: int
    rounds: int | None
    train: float
    valid: float


@dataclass(frozen=True)
class Spread:
    """The scores of fits that differ only in the seed, the model's first."""

    valid: tuple[float, ...]
    test: tuple[float, ...]
    deviation: float | None
    """Standard deviation of the scores on the test rows; None of a single fit."""


@dataclass(frozen=True)
class Overfitting:
    """How much of the gain over a constant on the training rows holds on other rows."""

    train: float
    valid: float
    test: float
    held: float | None
    """(valid - constant) / (train - constant); None where nothing is gained on the training rows."""
    alarm: str | None


def learning_curve(
    recipe: Recipe, frames: Frames, model: Trained, shares: Sequence[float], metric: SearchMetric
) -> list[CurvePoint]:
    """Return a point for each share of the training rows, smallest first, and the model's own last.

    Shares are of entities, drawn once: each larger part holds the smaller ones. A part without all classes is left out.
    """
    schema, points = recipe.encoding.schema, []
    for share in sorted(shares):
        rows = _part(frames.train, schema, share, recipe.seed)
        if task(schema.task).has_probabilities and rows[LABEL].nunique() < frames.train[LABEL].nunique():
            continue
        points.append(_point(share, recipe.train(rows, frames.valid), metric))
    return [*points, _point(1.0, model, metric)]


def spread(recipe: Recipe, frames: Frames, model: Trained, fits: int, metric: SearchMetric) -> Spread:
    """Return the scores of `fits` fits on the same rows, those of the model among them."""
    # Binned once: the fits differ only in the seed.
    seeds, models = range(recipe.seed + 1, recipe.seed + fits), [model]
    if seeds:
        fold = recipe.encoding.prepare(recipe.learner, model.encoded)
        models += [replace(recipe, seed=seed).train_fold(model.encoded, fold) for seed in seeds]
    test = [_on(frames.test, one, metric) for one in models]
    return Spread(
        valid=tuple(_valid(one, metric) for one in models),
        test=tuple(test),
        deviation=_rounded(float(np.std(test, ddof=1))) if fits > 1 else None,
    )


def overfitting(frames: Frames, model: Trained, metric: SearchMetric) -> Overfitting:
    """Return the model's scores on all splits, and an alarm if little of the training gain holds on validation rows."""
    train, valid, test = _train(model, metric), _valid(model, metric), _on(frames.test, model, metric)
    constant = _constant(model, metric)
    gain = train - constant
    held = _rounded((valid - constant) / gain) if (gain > 0) == metric.greater_is_better and gain != 0 else None
    alarm = None
    if held is not None and held < HELD:
        alarm = (
            f"only {max(held, 0):.0%} of what the model gains over a constant on the training rows holds on the"
            " validation rows: it learns rows by heart"
        )
    return Overfitting(train, valid, test, held, alarm)


def _part(frame: pd.DataFrame, schema: FeatureSchema, share: float, seed: int) -> pd.DataFrame:
    entities = np.random.default_rng(seed).permutation(np.sort(frame[schema.key].unique()))
    return frame[frame[schema.key].isin(entities[: max(1, round(share * len(entities)))])]


def _point(share: float, model: Trained, metric: SearchMetric) -> CurvePoint:
    rows = len(model.encoded.train.label)
    return CurvePoint(share, rows, model.fitted.rounds, _train(model, metric), _valid(model, metric))


def _train(model: Trained, metric: SearchMetric) -> float:
    part = model.encoded.train
    return _rounded(metric.score(part.label, predict(model.fitted.estimator, part.matrix, model.output)))


def _valid(model: Trained, metric: SearchMetric) -> float:
    return _rounded(metric.score(model.encoded.valid.label, model.fitted.valid_prediction))


def _on(frame: pd.DataFrame, model: Trained, metric: SearchMetric) -> float:
    matrix = model.encoded.matrix(frame, model.schema)
    prediction = predict(model.fitted.estimator, matrix, model.output)
    return _rounded(metric.score(frame[LABEL].to_numpy(np.float64), prediction))


def _constant(model: Trained, metric: SearchMetric) -> float:
    """Return the score of the mean label of the training rows on the validation rows."""
    label, classes = model.encoded.valid.label, len(model.schema.classes or ())
    train = model.encoded.train.label
    return metric.score(label, constant_prediction(task(model.schema.task), train, len(label), classes))


def _rounded(value: float) -> float:
    return round(float(value), DECIMALS)
