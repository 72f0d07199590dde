"""Section `tune`: the space that is searched, and the budget of the search."""

from typing import Literal

from pydantic import Field, model_validator

from lockstep.core.spec import Duration, Many, Scalar, Spec
from lockstep.learners.registry import Estimator
from lockstep.params.pipeline.train import TUNED

ROUNDING = 1e-8
"""Tolerance for a value on a step, as a share of the step: 0.1 + 0.2 counts as three steps of 0.1."""


class Start(Spec):
    """A point to try before the search draws its own, such as the result of an earlier search."""

    estimator: Estimator
    """Estimator of the point."""
    params: dict[str, Scalar]
    """Hyperparameter -> value to try; one for each hyperparameter of the estimator in `tune.space`."""


class Range(Spec):
    """One dimension of the search space: a range of numbers, or a list of choices."""

    type: Literal["int", "float", "choice"] = "float"
    """int: whole numbers; float: real numbers; choice: one of `choices`."""
    low: int | float | None = None
    """Smallest value to draw."""
    high: int | float | None = None
    """Largest value to draw."""
    log: bool = False
    """Draw on a log scale: 0.01 to 0.1 is as likely as 0.1 to 1."""
    step: int | float | None = Field(None, gt=0)
    """Only `low`, `low + step`, ... up to `high` are drawn."""
    choices: Many[Scalar] | None = None
    """Values to draw from, for type: choice."""

    @model_validator(mode="after")
    def _whole(self) -> "Range":
        if self.type == "choice":
            if not self.choices or any(value is not None for value in (self.low, self.high, self.step)) or self.log:
                raise ValueError("type: choice needs `choices`, and neither low, high, log nor step")
        elif self.low is None or self.high is None or self.choices is not None:
            raise ValueError(f"type: {self.type} needs low and high, and no choices")
        elif self.low >= self.high or (self.log and self.low <= 0):
            raise ValueError("expected low < high, and low > 0 on a log scale")
        elif self.log and self.step is not None:
            raise ValueError("expected log or step, not both")
        elif self.step is not None and self.step > self.high - self.low:
            raise ValueError("expected a step of at most high - low")
        elif self.type == "int" and not all(
            float(value).is_integer() for value in (self.low, self.high, self.step or 1)
        ):
            raise ValueError("type: int needs whole numbers")
        return self

    @property
    def ends(self) -> tuple[Scalar, ...]:
        """The least and the greatest value, or all choices."""
        if self.choices is not None or self.low is None or self.high is None:
            return self.choices or ()
        return (int(self.low), int(self.high)) if self.type == "int" else (self.low, self.high)

    def holds(self, value: Scalar | None) -> bool:
        """Return whether a search over this dimension could draw `value`."""
        if self.choices is not None:
            return any(value == choice and type(value) is type(choice) for choice in self.choices)
        if isinstance(value, bool) or not isinstance(value, int | float) or self.low is None or self.high is None:
            return False
        steps = (value - self.low) / (self.step or 1)
        on_step = (self.step is None and self.type == "float") or abs(steps - round(steps)) < ROUNDING
        return self.low <= value <= self.high and on_step


class TuneSpec(Spec):
    """Bayesian search over `space`, on folds of the training split only."""

    trials: int = Field(40, ge=1, le=100_000)
    """Maximum number of trials."""
    timeout: Duration | None = None
    """Time limit of the search; with one, the result depends on the machine's speed."""
    patience: int | None = Field(None, ge=1, le=100_000)
    """Number of trials without improvement that ends the search; empty: no such limit."""
    folds: int = Field(3, ge=2, le=50)
    """Number of cross-validation folds of the training split; the score of a trial is the mean over them."""
    metric: str | None = None
    """Metric that the search optimises; default by task: average_precision, log_loss or rmse."""
    sampler: Literal["tpe", "random"] = "tpe"
    """How points are chosen: guided by the scores of earlier trials (tpe), or at random."""
    pruner: Literal["percentile", "none"] = "percentile"
    """percentile: stop a trial that is worse than the median of the earlier ones; none: never stop a trial early."""
    storage: str | None = Field(None, min_length=1)
    """Where trials are stored: an SQLAlchemy URL, for several machines; default: a file in .lockstep/."""
    estimators: Many[Estimator] = ()
    """Estimators to search and compare; default: the one in `train.estimator`."""
    start: Many[Start] = ()
    """Points to try first, in this order, before the libraries' defaults."""
    space: dict[Estimator, dict[str, Range]]
    """Estimator -> hyperparameter -> values to draw from."""


def searched(estimators: tuple[str, ...], chosen: str) -> tuple[str, ...]:
    """Return the estimators to search, each once, in the order of params.yaml."""
    if estimators or chosen == TUNED:
        return tuple(dict.fromkeys(estimators))
    return (chosen,)
