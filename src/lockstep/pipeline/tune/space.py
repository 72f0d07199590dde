"""The search space: an estimator, then its hyperparameters."""

from collections.abc import Mapping
from dataclasses import dataclass

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from lockstep.core.spec import Scalar
from lockstep.params.pipeline.tune import Range

ESTIMATOR = "estimator"
"""The parameter of a trial that names the estimator; the others are called `<estimator>.<hyperparameter>`."""

DIGITS = 9
"""Significant digits of a drawn value: the last bits of a logarithm differ between processors."""

Space = Mapping[str, Mapping[str, Range]]
Values = Mapping[str, Scalar]


@dataclass(frozen=True)
class Point:
    """A place in the space."""

    estimator: str
    params: Mapping[str, Scalar]


def draw(trial: optuna.Trial, space: Space) -> Point:
    """Return the point that the study's sampler chooses: an estimator, then its hyperparameters alone."""
    estimator = trial.suggest_categorical(ESTIMATOR, list(space))
    params = {name: _draw(trial, f"{estimator}.{name}", dimension) for name, dimension in space[estimator].items()}
    return Point(estimator, params)


def defaults(dimensions: Mapping[str, Range], wanted: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
    """Return the wanted values, each clipped to its range; a value that a dimension does not have is left out."""
    found: dict[str, Scalar] = {}
    for name in dimensions.keys() & wanted.keys():
        range_, value = dimensions[name], wanted[name]
        if range_.low is not None and range_.high is not None and isinstance(value, int | float):
            value = max(range_.low, min(range_.high, value))
        if range_.holds(value):
            found[name] = value
    return found


def values(point: Point) -> dict[str, Scalar]:
    """Return a point as the parameters of a trial."""
    return {ESTIMATOR: point.estimator, **{f"{point.estimator}.{name}": value for name, value in point.params.items()}}


def point(values: Values) -> Point:
    """Return the point of the parameters of a trial."""
    estimator = str(values[ESTIMATOR])
    prefix = f"{estimator}."
    found = {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}
    return Point(estimator, {name: _rounded(value) for name, value in found.items()})


def distribution(dimension: Range) -> BaseDistribution:
    """Return a dimension as a distribution of Optuna."""
    if dimension.choices is not None:
        return CategoricalDistribution(list(dimension.choices))
    low, high, step = dimension.low, dimension.high, dimension.step
    if low is None or high is None:
        raise AssertionError("a range without choices has both ends: Range checks it")
    if dimension.type == "int":
        return IntDistribution(int(low), int(high), log=dimension.log, step=int(step or 1))
    return FloatDistribution(low, high, log=dimension.log, step=step)


def _draw(trial: optuna.Trial, name: str, dimension: Range) -> Scalar:
    wanted = distribution(dimension)
    if isinstance(wanted, CategoricalDistribution):
        chosen: Scalar = trial.suggest_categorical(name, wanted.choices)
        return chosen
    if isinstance(wanted, IntDistribution):
        return int(trial.suggest_int(name, wanted.low, wanted.high, log=wanted.log, step=wanted.step))
    return _rounded(float(trial.suggest_float(name, wanted.low, wanted.high, log=wanted.log, step=wanted.step)))


def _rounded(value: Scalar) -> Scalar:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
