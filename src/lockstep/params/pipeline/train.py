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
    """How features become the columns of a matrix."""

    high_cardinality: int = Field(20, ge=2, le=100_000)
    """Categories with more levels than this are target-encoded, the others one-hot."""
    rare: int = Field(10, ge=1, le=1_000_000)
    """One-hot levels and words with fewer training rows than this: the levels are one together, the words left out."""
    words: int = Field(100, ge=1, le=10_000)
    """Most words of a text: those of the most training rows."""


class ConstraintsSpec(Spec):
    """What a model must keep to, whatever the data say."""

    monotone: dict[Name, Literal["increasing", "decreasing"]] = {}
    """Feature -> which way the prediction may go as the feature grows, all else equal."""
    interactions: Many[Many[Name]] = ()
    """Groups of features that may stand in one tree branch together; all that are in none are a group of their own."""

    @model_validator(mode="after")
    def _groups(self) -> "ConstraintsSpec":
        if any(len(group) == 0 for group in self.interactions):
            raise ValueError("interactions: expected groups of at least one feature")
        return self

    @property
    def asked(self) -> tuple[str, ...]:
        """The kinds of constraint that there are any of."""
        return tuple(name for name in ("monotone", "interactions") if getattr(self, name))


class WeightsSpec(Spec):
    """How much a training row counts, beside `problem.weight` and `class_weight`."""

    half_life: Duration | None = None
    """A training row counts half as much as one whose cutoff is so much later; empty: as much."""


Calibration = Literal["none", "sigmoid", "isotonic"]


class TrainSpec(Spec):
    """The estimator and its hyperparameters; a null is filled by what `tune` found.

    What stages track one by one has no default: DVC wants to see such a key in the file.
    """

    estimator: Chosen
    """The estimator that is fitted; `tuned` is the best of `tune.estimators`."""
    rounds: int = Field(ge=1, le=100_000)
    """Most boosting rounds; early stopping on the validation split ends before."""
    early_stopping_rounds: int = Field(ge=1, le=10_000)
    """So many boosting rounds without a lower loss on the validation rows end the boosting."""
    encoding: EncodingSpec
    """How features become the columns of a matrix."""
    constraints: ConstraintsSpec
    """What the model must keep to, whatever the data say."""
    weights: WeightsSpec
    """How much a training row counts, beside `problem.weight` and `class_weight`."""
    calibration: Calibration = "none"
    """How probabilities are mended on the validation split; it becomes a part of the exported graph."""
    learning_curve: Many[Share] = ()
    """Shares of the training rows on which the same model is fitted too; all rows are the model itself."""
    seeds: int = Field(1, ge=1, le=100)
    """Fits that differ in nothing but the seed, the model itself among them: the spread of its scores is noise."""
    params: dict[str, Scalar | None] = {}
    """Hyperparameter -> value; empty: what the search found."""
