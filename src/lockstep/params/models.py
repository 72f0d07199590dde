"""Sections `tune` and `train`: the estimator, the space searched, the budget."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from lockstep.core.spec import Duration, Many, Name, Spec

Estimator = Literal["hist_gradient_boosting", "lightgbm", "logistic", "random_forest", "ridge", "xgboost"]
Scalar = bool | int | float | str
Share = Annotated[float, Field(gt=0, lt=1)]

TUNED: Literal["tuned"] = "tuned"
"""`train.estimator: tuned`: the estimator that the search found best."""
Chosen = Literal[Estimator, "tuned"]

HYPERPARAMETERS: dict[str, frozenset[str]] = {
    "hist_gradient_boosting": frozenset({
        "learning_rate", "max_depth", "max_leaf_nodes", "min_samples_leaf", "l2_regularization", "max_features",
        "max_bins", "class_weight",
    }),
    "lightgbm": frozenset({
        "learning_rate", "max_depth", "num_leaves", "min_child_samples", "min_child_weight", "subsample",
        "colsample_bytree", "reg_lambda", "reg_alpha", "min_split_gain", "class_weight",
    }),
    "logistic": frozenset({"C", "class_weight"}),
    "ridge": frozenset({"alpha"}),
    "random_forest": frozenset({"n_estimators", "max_depth", "min_samples_leaf", "max_features", "class_weight"}),
    "xgboost": frozenset({
        "learning_rate", "max_depth", "min_child_weight", "subsample", "colsample_bytree", "colsample_bylevel",
        "reg_lambda", "reg_alpha", "gamma", "max_delta_step", "max_leaves", "grow_policy", "scale_pos_weight",
        "class_weight",
    }),
}  # fmt: skip
"""What may be searched and set, by estimator; kept here so that a typo is found without loading a library."""


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


CONSTRAINED: dict[str, frozenset[str]] = {
    "hist_gradient_boosting": frozenset({"monotone", "interactions"}),
    "lightgbm": frozenset({"monotone", "interactions"}),
    "logistic": frozenset(),
    "ridge": frozenset(),
    "random_forest": frozenset({"monotone"}),
    "xgboost": frozenset({"monotone", "interactions"}),
}
"""Which constraints an estimator can keep."""


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


def searched(estimators: tuple[Estimator, ...], chosen: Chosen) -> tuple[Estimator, ...]:
    """Return the estimators that the search goes over, each once, in the order of params.yaml."""
    if estimators or chosen == "tuned":
        return tuple(dict.fromkeys(estimators))
    return (chosen,)
