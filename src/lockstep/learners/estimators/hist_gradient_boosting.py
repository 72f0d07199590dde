"""scikit-learn's histogram gradient boosting; one thread: its sums over rows depend on the number of threads."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from lockstep.core.spec import Scalar
from lockstep.learners.spec import (
    BALANCED,
    CLASS_WEIGHT,
    COARSE_BINS,
    NUMBER,
    PROBABILITIES,
    Additive,
    Budget,
    Fitted,
    Fold,
    Hyperparameter,
    LearnerSpec,
    Matrix,
    Vector,
    floor32,
    predict,
    shares,
)
from lockstep.learners.weights import row_weights, without_class_weight


class HistGradientBoosting(LearnerSpec):
    """Histogram trees of scikit-learn, stopped early on the validation rows."""

    name = "hist_gradient_boosting"
    outputs = PROBABILITIES | NUMBER
    hyperparameters = {
        "learning_rate": Hyperparameter(),
        "max_depth": Hyperparameter("int", 1),
        "max_leaf_nodes": Hyperparameter("int", 2),
        "min_samples_leaf": Hyperparameter("int", 1),
        "l2_regularization": Hyperparameter(),
        "max_features": Hyperparameter(high=1.0),
        "max_bins": Hyperparameter("int", 2, 255),
        CLASS_WEIGHT: BALANCED,
    }
    defaults = {
        "learning_rate": 0.1,
        "max_leaf_nodes": 31,
        "min_samples_leaf": 20,
        "l2_regularization": 0.0,
        "max_features": 1.0,
    }
    constraints = frozenset({"monotone", "interactions"})
    boosts = True
    trusted = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)  # its indices are not checked

    def convert(self, fold: Fold) -> Any:
        """Return matrix and label of both parts; scikit-learn bins on every fit and takes no bins."""
        kind = float if fold.output == "number" else int
        parts = [(part.matrix.astype(np.float64), part.label.astype(kind)) for part in (fold.train, fold.valid)]
        # scikit-learn 1.9 cannot bin a column without values; a constant one is never split either.
        rows = parts[0][0]
        rows[:, np.isnan(rows).all(axis=0)] = 0.0
        return parts

    def fit(self, fold: Fold, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:
        """Boost until the validation loss has not improved for `budget.patience` rounds, and keep the best ones."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        kind = HistGradientBoostingRegressor if fold.output == "number" else HistGradientBoostingClassifier
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
        (train, label), (valid, valid_label) = fold.data
        with threadpool_limits(1):
            estimator.fit(
                train,
                label,
                sample_weight=row_weights(params, fold.train, fold.train),
                X_val=valid,
                y_val=valid_label,
                sample_weight_val=row_weights(params, fold.train, fold.valid),
            )
        losses = {"train": -estimator.train_score_[1:], "valid": -estimator.validation_score_[1:]}
        rounds = int(np.argmin(losses["valid"])) + 1
        _keep(estimator, rounds)
        return Fitted(
            estimator=estimator,
            valid_prediction=predict(estimator, valid, fold.output),
            rounds=rounds,
            importance=shares(_gain(estimator, train.shape[1])),
            history={part: [float(loss) for loss in values] for part, values in losses.items()},
        )

    def register_onnx(self) -> None:
        """Register skl2onnx' converters of forests, corrected."""
        from skl2onnx.operator_converters import random_forest
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        from lockstep.learners.onnx_converters import plain_numbers, register

        convert = (
            plain_numbers(random_forest.convert_sklearn_random_forest_classifier),
            plain_numbers(random_forest.convert_sklearn_random_forest_regressor_converter),
        )
        name = "LockstepHistGradientBoosting"
        classes = HistGradientBoostingClassifier, HistGradientBoostingRegressor
        register(*classes, name, convert, raw_scores=[True, False])

    def explain(self, estimator: Any, background: Callable[[], Matrix]) -> Additive:  # noqa: ARG002
        """Return the SHAP values of its trees: one list of them for each output."""
        from lockstep.learners.tree_shap import Tree, Trees

        grown = zip(*estimator._predictors, strict=True)  # noqa: SLF001 # scikit-learn has no public way
        trees = [[Tree.of_nodes(one.nodes) for one in of_output] for of_output in grown]
        return Trees(trees, np.ravel(estimator._baseline_prediction)).additive()  # noqa: SLF001


def _keep(estimator: Any, rounds: int) -> None:
    """Drop the rounds after the best one, and round thresholds to float32 for ONNX."""
    estimator._predictors = estimator._predictors[:rounds]  # noqa: SLF001 # no public way to drop rounds
    for trees in estimator._predictors:  # noqa: SLF001
        for tree in trees:
            tree.nodes["num_threshold"] = floor32(tree.nodes["num_threshold"])


def _gain(estimator: Any, width: int) -> Vector:
    gains = np.zeros(width)
    for trees in estimator._predictors:  # noqa: SLF001 # scikit-learn keeps no importances of these trees
        for tree in trees:
            inner = tree.nodes[tree.nodes["is_leaf"] == 0]
            np.add.at(gains, inner["feature_idx"].astype(int), np.clip(inner["gain"], 0, None))
    return gains


LEARNER = HistGradientBoosting()
