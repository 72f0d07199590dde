"""The interface of a learner. A new learner is a subclass of `LearnerSpec` in one file."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from os import cpu_count
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from lockstep.core.errors import LockstepError
from lockstep.core.spec import Scalar
from lockstep.tasks.task import Output

Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float64]
Numbers = Literal["native", "imputed", "scaled"]
"""How a learner takes numbers: as they are, if it handles missing values; imputed by the median with an indicator;
the same and standardised."""
Constraint = Literal["monotone", "interactions"]

PROBABILITIES: frozenset[Output] = frozenset({"probability", "probabilities"})
NUMBER: frozenset[Output] = frozenset({"number"})
CLASS_WEIGHT = "class_weight"
"""The hyperparameter, `none` or `balanced`, of every learner that can weight classes."""

SMALL = 2_000_000
"""Cells of a training matrix below which one thread is faster than two."""
COARSE_BINS = 63
"""Bins of a column in a search; LightGBM needs less memory for so few."""
EXPLAINED = 2000
"""Maximum number of rows to explain: mean SHAP values are stable with fewer."""


@dataclass(frozen=True)
class Hyperparameter:
    """The values that a hyperparameter may have: numbers from `low` to `high`, or one of `choices`."""

    type: Literal["int", "float", "choice"] = "float"
    low: float = 0.0
    high: float = float("inf")
    choices: tuple[str, ...] = ()

    def fault(self, value: Scalar) -> str | None:
        """Return what was expected instead of `value`, or None if it is allowed."""
        number = isinstance(value, int | float) and not isinstance(value, bool) and self.type != "choice"
        whole = self.type == "float" or isinstance(value, int)
        if value in self.choices or (number and whole and self.low <= float(value) <= self.high):
            return None
        kind = {"int": "a whole number", "float": "a number"}.get(self.type)
        end = "" if self.high == float("inf") else f" and at most {self.high:g}"
        ranges = [f"{kind} of at least {self.low:g}{end}"] if kind else []
        return f"expected {' or '.join((*ranges, *self.choices))}"


BALANCED = Hyperparameter("choice", choices=("none", "balanced"))


@dataclass(frozen=True)
class Part:
    """Rows after encoding.

    `matrix` (n, p); `label` (n,) 0/1, class index or number; `weight` (n,), or None where all rows count the same.
    """

    matrix: Matrix
    label: Vector
    weight: Vector | None = None


@dataclass(frozen=True)
class Constraints:
    """What a model must satisfy, in columns of the matrix.

    Attributes:
        monotone: (p,) 1 where the prediction may only increase with the column, -1 where it may only decrease, 0
            elsewhere; empty where no column is constrained.
        groups: columns that may interact with each other; empty where all may.
    """

    monotone: tuple[int, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()


FREE = Constraints()

Watch = Callable[[Sequence[float]], None]
"""Called after a boosting round with the validation losses so far; ends the fit by raising."""


def unwatched(_: Sequence[float]) -> None:
    """Let the boosting continue."""


@dataclass(frozen=True)
class Budget:
    """Maximum number of boosting rounds, number without improvement that ends the boosting, and a callback."""

    rounds: int
    patience: int
    watch: Watch = unwatched


@dataclass(frozen=True)
class Fold:
    """Training and validation rows, prepared once and shared by all fits.

    Attributes:
        train: rows that models are fitted on.
        valid: rows for early stopping.
        output: what is predicted.
        constraints: what every fit satisfies.
        coarse: for a search, which only ranks points: `COARSE_BINS` bins a column and no loss
            on the training rows; the estimator and the importance may be left out. A fit takes less than half the time.
        data: both parts in the learner's own form.
    """

    train: Part
    valid: Part
    output: Output
    constraints: Constraints = FREE
    coarse: bool = False
    data: Any = None

    @property
    def threads(self) -> int:
        """Threads to fit with; for learners whose result does not depend on it."""
        return 1 if self.train.matrix.size < SMALL else cpu_count() or 1

    @property
    def classes(self) -> int:
        """Number of classes in the training rows."""
        return int(self.train.label.max()) + 1


@dataclass(frozen=True)
class Fitted:
    """A model, its predictions for the validation rows, and how the fit went.

    Attributes:
        estimator: with scikit-learn's `predict_proba` or `predict`; None where a coarse fit has none.
        valid_prediction: (n,) P(1) or number; (n, k) probabilities for more classes.
        rounds: boosting rounds kept, None for a learner that does not boost.
        importance: (p,) non-negative, adds up to 1 unless all are 0.
        history: loss by round on `train` and `valid`.
    """

    estimator: Any
    valid_prediction: Vector
    rounds: int | None
    importance: Vector
    history: Mapping[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Additive:
    """Exact SHAP values of an estimator.

    Attributes:
        of: (n, p) -> (n, p + 1), or (n, classes, p + 1): contributions of columns to the raw prediction, then the mean.
        rows: number of rows that can be explained in about ten seconds.
    """

    of: Callable[[Matrix], Vector]
    rows: int = EXPLAINED


class LearnerSpec(ABC):
    """A family of models. Importing it loads no library: methods import what they need.

    Attributes:
        name: as `train.estimator` and `tune.estimators` name it.
        outputs: the predictions that it can make.
        hyperparameters: that may be searched and set.
        defaults: the first point of a search: the library's own values, boosting with a learning rate of 0.1.
        numbers: how it takes numbers.
        constraints: the kinds of constraint that it can satisfy.
        boosts: whether it fits in rounds, with early stopping.
        libraries: distributions whose version affects a fit, in addition to numpy and scikit-learn.
        requires: optional module that it needs, and the command that installs it.
        native: name of its file.
        trusted: types that skops may load from that file, beyond those that it knows to be safe.
    """

    name: ClassVar[str]
    outputs: ClassVar[frozenset[Output]]
    hyperparameters: ClassVar[Mapping[str, Hyperparameter]]
    defaults: ClassVar[Mapping[str, Scalar]] = {}
    numbers: ClassVar[Numbers] = "native"
    constraints: ClassVar[frozenset[Constraint]] = frozenset()
    boosts: ClassVar[bool] = False
    libraries: ClassVar[tuple[str, ...]] = ()
    requires: ClassVar[tuple[str, str] | None] = None
    native: ClassVar[str] = "model.skops"
    trusted: ClassVar[tuple[str, ...]] = ()

    def check_installed(self) -> None:
        """Check that the library is installed.

        Raises:
            LockstepError: it is not installed.
        """
        if self.requires and find_spec(self.requires[0]) is None:
            raise LockstepError(f"{self.name} is not installed, but params.yaml uses it", [self.requires[1]])

    def prepare(
        self, train: Part, valid: Part, output: Output, *, constraints: Constraints = FREE, coarse: bool = False
    ) -> Fold:
        """Return both parts as a fold, whose fields are the arguments."""
        fold = Fold(train, valid, output, constraints, coarse)
        return replace(fold, data=self.convert(fold))

    def convert(self, fold: Fold) -> Any:  # noqa: ARG002
        """Return the rows of a fold in the learner's own form, if it has one."""
        return None

    @abstractmethod
    def fit(self, fold: Fold, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:
        """Return a model fitted on the training rows of a fold that `prepare` made."""

    def write(self, estimator: Any, path: Path) -> None:
        """Write a fitted estimator; the same bytes for the same estimator."""
        from lockstep.learners import skops_file

        skops_file.save(estimator, path)

    def read(self, path: Path, output: Output) -> Any:  # noqa: ARG002
        """Return the estimator that `write` wrote; check the file's digest first."""
        from lockstep.learners import skops_file

        return skops_file.load(path, self.trusted)

    def register_onnx(self) -> None:  # noqa: B027 # most have nothing to register
        """Register converters with skl2onnx, if it does not know the estimator."""

    def explain(self, estimator: Any, background: Callable[[], Matrix]) -> Additive | None:  # noqa: ARG002
        """Return the exact SHAP values of a fitted estimator, or None where there are none.

        Args:
            estimator: fitted, or read back.
            background: training rows, made only where the mean needs them.
        """
        return None


def predict(estimator: Any, matrix: Any, output: Output) -> Vector:
    """Return (n,) P(1) or numbers, or (n, k) probabilities, as float64."""
    if output == "number":
        return np.asarray(estimator.predict(matrix), dtype=np.float64).reshape(-1)
    probability = np.asarray(estimator.predict_proba(matrix), dtype=np.float64)
    if output == "probability":
        positive: Vector = probability[:, 1]
        return positive
    # float32 probabilities add up to 1 only almost; scikit-learn's metrics want it exactly.
    return np.asarray(probability / probability.sum(axis=1, keepdims=True))


def shares(weights: Any) -> Vector:
    """Return non-negative weights scaled to add up to 1, or zeros."""
    positive: Vector = np.abs(np.asarray(weights, dtype=np.float64))
    total = float(positive.sum())
    return positive / total if total > 0 else positive


def floor32(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return for each threshold `t` the largest float32 at or below it.

    Inputs are float32, so that `x <= t` is the same for both; thresholds in ONNX are float32.
    """
    with np.errstate(over="ignore"):
        near = values.astype(np.float32)
    lower = np.nextafter(near, np.float32(-np.inf))
    return np.where(near > values, lower, near).astype(np.float64)
