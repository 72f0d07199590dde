"""scikit-learn's histogram gradient boosting, stopped early on the validation rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from lockstep.artifacts.preprocess import Numbers
from lockstep.learners.learner import COARSE_BINS, FREE, Budget, Constraints, Fitted, Part, predict, shares
from lockstep.learners.thresholds import floor32
from lockstep.learners.weights import row_weights, without_class_weight
from lockstep.params.models import Scalar
from lockstep.params.problem import Task


@dataclass(frozen=True)
class Fold:
    """Both parts as the learner takes them; it bins on every fit, for it has no public way to take bins."""

    train: npt.NDArray[np.float64]
    train_label: npt.NDArray[Any]
    valid: npt.NDArray[np.float64]
    valid_label: npt.NDArray[Any]
    parts: tuple[Part, Part]
    """What was converted."""
    task: Task
    constraints: Constraints
    coarse: bool


class HistGradientBoosting:
    """Histogram trees of scikit-learn; one thread, for its sums over rows change in the last bit with their number."""

    numbers: Numbers = "native"
    defaults: Mapping[str, Scalar] = {
        "learning_rate": 0.1,
        "max_leaf_nodes": 31,
        "min_samples_leaf": 20,
        "l2_regularization": 0.0,
        "max_features": 1.0,
    }

    def prepare(
        self, train: Part, valid: Part, task: Task, *, constraints: Constraints = FREE, coarse: bool = False
    ) -> Fold:
        """Convert both parts once."""
        kind = float if task == "regression" else int
        matrices = (part.matrix.astype(np.float64) for part in (train, valid))
        labels = (part.label.astype(kind) for part in (train, valid))
        rows, other = matrices
        # scikit-learn 1.9 cannot bin a column of which it knows no value; a constant one is never split either.
        rows[:, np.isnan(rows).all(axis=0)] = 0.0
        label, other_label = labels
        return Fold(rows, label, other, other_label, (train, valid), task, constraints, coarse)

    def fit(self, fold: Fold, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:
        """Boost until the validation loss has not improved for `budget.patience` rounds, and keep the best ones."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        kind = HistGradientBoostingRegressor if fold.task == "regression" else HistGradientBoostingClassifier
        bins = {"max_bins": COARSE_BINS} if fold.coarse else {}
        estimator = kind(
            **{**bins, **without_class_weight(params)},
            monotonic_cst=fold.constraints.monotone or None,
            interaction_cst=fold.constraints.groups or None,
            max_iter=budget.rounds,
            early_stopping=True,
            n_iter_no_change=budget.patience,
            scoring="loss",
            random_state=seed,
        )
        with threadpool_limits(1):
            estimator.fit(
                fold.train,
                fold.train_label,
                sample_weight=row_weights(params, fold.parts[0], fold.parts[0]),
                X_val=fold.valid,
                y_val=fold.valid_label,
                sample_weight_val=row_weights(params, *fold.parts),
            )
        losses = {"train": -estimator.train_score_[1:], "valid": -estimator.validation_score_[1:]}
        rounds = int(np.argmin(losses["valid"])) + 1
        _keep(estimator, rounds)
        return Fitted(
            estimator=estimator,
            valid_prediction=predict(estimator, fold.valid, fold.task),
            rounds=rounds,
            importance=shares(_gain(estimator, fold.train.shape[1])),
            history={part: [float(loss) for loss in values] for part, values in losses.items()},
        )


def _keep(estimator: Any, rounds: int) -> None:
    """Drop the rounds after the best one, and make thresholds what ONNX can hold."""
    estimator._predictors = estimator._predictors[:rounds]  # noqa: SLF001 # no public way to drop rounds
    for trees in estimator._predictors:  # noqa: SLF001
        for tree in trees:
            tree.nodes["num_threshold"] = floor32(tree.nodes["num_threshold"])


def _gain(estimator: Any, width: int) -> npt.NDArray[np.float64]:
    gains = np.zeros(width)
    for trees in estimator._predictors:  # noqa: SLF001 # scikit-learn keeps no importances of these trees
        for tree in trees:
            inner = tree.nodes[tree.nodes["is_leaf"] == 0]
            np.add.at(gains, inner["feature_idx"].astype(int), np.clip(inner["gain"], 0, None))
    return gains
