"""Section `train`: the estimator, its hyperparameters, and how it is fitted."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from lockstep.core.spec import Duration, Many, Name, Scalar, Spec
from lockstep.learners.registry import Estimator

TUNED: Literal["tuned"] = "tuned"
"""`train.estimator: tuned`: the estimator that the search found best."""
Chosen = Literal["tuned"] | Estimator
Share = Annotated[float, Field(gt=0, lt=1)]


class EncodingSpec(Spec):
    """How features are encoded as columns of a matrix."""

    high_cardinality: int = Field(20, ge=2, le=100_000)
    """Categories with more levels than this are target-encoded, the others one-hot."""
    rare: int = Field(10, ge=1, le=1_000_000)
    """Minimum training rows of a one-hot level or a word; rarer levels share one column, rarer words are left out."""
    words: int = Field(100, ge=1, le=10_000)
    """Maximum number of words per text feature; the most frequent are kept."""


class ConstraintsSpec(Spec):
    """Constraints that the model satisfies, whatever the data."""

    monotone: dict[Name, Literal["increasing", "decreasing"]] = {}
    """Feature -> direction in which the prediction may change as the feature grows, all else equal."""
    interactions: Many[Many[Name]] = ()
    """Groups of features that may interact (occur in one tree branch); all other features form one more group."""

    @model_validator(mode="after")
    def _groups(self) -> "ConstraintsSpec":
        if any(len(group) == 0 for group in self.interactions):
            raise ValueError("interactions: expected groups of at least one feature")
        return self

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of constraint that are set."""
        return tuple(name for name in ("monotone", "interactions") if getattr(self, name))


class WeightsSpec(Spec):
    """Weights of training rows, in addition to `problem.weight` and `class_weight`."""

    half_life: Duration | None = None
    """Age at which a training row counts half as much as a new one; empty: age does not matter."""


Calibration = Literal["none", "sigmoid", "isotonic"]


class TrainSpec(Spec):
    """The estimator and its hyperparameters; a null is replaced by the value that `tune` found.

    A key that a stage tracks by itself has no default, because DVC requires it in the file.
    """

    estimator: Chosen
    """The estimator to fit; tuned: the best of `tune.estimators`."""
    rounds: int = Field(ge=1, le=100_000)
    """Maximum number of boosting rounds; early stopping on the validation split usually ends earlier."""
    early_stopping_rounds: int = Field(ge=1, le=10_000)
    """Number of boosting rounds without a lower validation loss that ends the boosting."""
    encoding: EncodingSpec
    """How features are encoded as columns of a matrix."""
    constraints: ConstraintsSpec
    """Constraints that the model satisfies, whatever the data."""
    weights: WeightsSpec
    """Weights of training rows, in addition to `problem.weight` and `class_weight`."""
    calibration: Calibration = "none"
    """How probabilities are calibrated on the validation split; part of the exported graph."""
    learning_curve: Many[Share] = ()
    """Shares of the training rows for the points of the learning curve; the last point is the model itself."""
    seeds: int = Field(1, ge=1, le=100)
    """Number of fits that differ only in the seed, including the model; the spread of their scores is noise."""
    params: dict[str, Scalar | None] = {}
    """Hyperparameter -> value; empty: the value that the search found."""
