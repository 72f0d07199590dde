"""What every learner offers: the search and the training know no other thing about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lockstep.artifacts.preprocess import Numbers
from lockstep.params.models import Scalar
from lockstep.params.problem import Task

Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """Rows after preprocessing.

    `matrix` (n, p); `label` (n,) 0/1, class index or number; `weight` (n,), or None where all rows count the same.
    """

    matrix: Matrix
    label: Vector
    weight: Vector | None = None


@dataclass(frozen=True)
class Constraints:
    """What a model keeps to, in columns of the matrix.

    Attributes:
        monotone: (p,) 1 where the prediction may only grow with the column, -1 where it may only fall, 0 elsewhere;
            empty where no column is bound.
        groups: columns that may stand in one branch together; empty where all may.
    """

    monotone: tuple[int, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()


FREE = Constraints()


SMALL = 2_000_000
"""Cells of a training matrix below which a second thread waits more than it works, most of all on a busy machine."""

COARSE_BINS = 63
"""Bins of a column in a search, where a learner bins; LightGBM packs so few into less memory."""

Watch = Callable[[Sequence[float]], None]
"""Called after a boosting round with the losses on the validation rows so far; ends the fit by what it raises."""


def unwatched(_: Sequence[float]) -> None:
    """Let the boosting go on."""


@dataclass(frozen=True)
class Budget:
    """Most boosting rounds, how many without gain on the validation rows end the boosting, and who looks on."""

    rounds: int
    patience: int
    watch: Watch = unwatched


@dataclass(frozen=True)
class Fitted:
    """A model, what it predicts for the validation rows, and how it got there.

    Attributes:
        estimator: with scikit-learn's `predict_proba` or `predict`; None where a coarse fit has none.
        valid_prediction: (n,) P(1) or number; (n, k) probabilities for more classes.
        rounds: boosting rounds kept, None for a learner that does not boost.
        history: loss by round on `train` and `valid`.
        importance: (p,) non-negative, adds up to 1 unless all are 0.
    """

    estimator: Any
    valid_prediction: Vector
    rounds: int | None
    importance: Vector
    history: Mapping[str, list[float]] = field(default_factory=dict)


class Learner(Protocol):
    """A family of models, and how it wants its numbers."""

    numbers: Numbers
    defaults: Mapping[str, Scalar]
    """The first point of a search: what the library itself would take, boosting with a learning rate of 0.1."""

    def prepare(
        self, train: Part, valid: Part, task: Task, *, constraints: Constraints = FREE, coarse: bool = False
    ) -> Any:
        """Return the fold in the learner's own form, made once and shared by all trials.

        Args:
            train: what models are fitted on.
            valid: what early stopping looks at.
            task: what is predicted.
            constraints: that every fit keeps to; never any that the learner cannot (`params.models.CONSTRAINED`).
            coarse: for a search, which asks which of two points is better: `COARSE_BINS` bins a column, and no account
                of the loss on the training rows; the estimator and the importance may be left out. A fit takes less
                than half the time.
        """

    def fit(self, fold: Any, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:
        """Return a model fitted on the training rows of the fold."""


def predict(estimator: Any, matrix: Any, task: Task) -> Vector:
    """Return (n,) P(1) or numbers, or (n, k) probabilities, as float64."""
    if task == "regression":
        return np.asarray(estimator.predict(matrix), dtype=np.float64).reshape(-1)
    probability = np.asarray(estimator.predict_proba(matrix), dtype=np.float64)
    if task == "binary":
        positive: Vector = probability[:, 1]
        return positive
    # float32 probabilities add up to 1 only almost; scikit-learn's metrics want it exactly.
    return np.asarray(probability / probability.sum(axis=1, keepdims=True))


def shares(weights: Any) -> Vector:
    """Return non-negative weights scaled to add up to 1, or zeros."""
    positive: Vector = np.abs(np.asarray(weights, dtype=np.float64))
    total = float(positive.sum())
    return positive / total if total > 0 else positive
