"""Section `tune`: the space that is searched, and the budget of the search."""

from typing import Literal

from pydantic import Field, model_validator

from lockstep.core.spec import Duration, Many, Scalar, Spec
from lockstep.learners.registry import Estimator
from lockstep.params.pipeline.train import TUNED

ROUNDING = 1e-8
"""Share of a step by which a value may miss it: 0.1 + 0.2 is a step of 0.1."""


class Start(Spec):
    """A point that is tried before the search draws its own: what an earlier search found, say."""

    estimator: Estimator
    """The estimator that the point is for."""
    params: dict[str, Scalar]
    """Hyperparameter -> value to try, one for each that `tune.space` has for the estimator."""


class Range(Spec):
    """One dimension of the space: a range, whole-numbered if `type: int`, in steps or on a log scale, or `choices`."""

    type: Literal["int", "float", "choice"] = "float"
    """What is drawn: whole numbers (int), real ones (float), or one of `choices` (choice)."""
    low: int | float | None = None
    """Least value that may be drawn."""
    high: int | float | None = None
    """Greatest value that may be drawn."""
    log: bool = False
    """Whether it is drawn on a log scale: 0.01 to 0.1 as often as 0.1 to 1."""
    step: int | float | None = Field(None, gt=0)
    """Only `low`, `low + step`, ... up to `high` are drawn."""
    choices: Many[Scalar] | None = None
    """The values that may be drawn, of type: choice."""

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
        """Tell whether a search over this dimension could draw `value`."""
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
    """Most points of the space that are tried."""
    timeout: Duration | None = None
    """No new trial after this; the result then depends on the machine's speed."""
    patience: int | None = Field(None, ge=1, le=100_000)
    """So many trials in a row without a better one end the search; empty: none do."""
    folds: int = Field(3, ge=2, le=50)
    """Parts of the training split that each trial is scored on in turn; the mean is its score."""
    metric: str | None = None
    """What the search optimises; by default average_precision, log_loss or rmse, by task."""
    sampler: Literal["tpe", "random"] = "tpe"
    """How points are chosen: by what earlier trials scored (tpe), or at random."""
    pruner: Literal["percentile", "none"] = "percentile"
    """percentile: a trial that falls behind the better half of the earlier ones is given up; none: never."""
    storage: str | None = Field(None, min_length=1)
    """Where trials are kept: any SQLAlchemy URL, for many machines; by default a file in .lockstep/."""
    estimators: Many[Estimator] = ()
    """What is searched, against each other; by default the one that `train.estimator` names."""
    start: Many[Start] = ()
    """Points tried first, in this order, before the libraries' defaults."""
    space: dict[Estimator, dict[str, Range]]
    """Estimator -> hyperparameter -> which values may be drawn."""


def searched(estimators: tuple[str, ...], chosen: str) -> tuple[str, ...]:
    """Return the estimators that the search goes over, each once, in the order of params.yaml."""
    if estimators or chosen == TUNED:
        return tuple(dict.fromkeys(estimators))
    return (chosen,)
