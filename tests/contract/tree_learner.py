"""A learner that a plugin brings: one decision tree of scikit-learn, with all that the package asks of a learner."""

from collections.abc import Callable, Mapping
from typing import Any

from lockstep.core.spec import Scalar
from lockstep.learners import plain_fit
from lockstep.learners.spec import (
    NUMBER,
    PROBABILITIES,
    Additive,
    Budget,
    Fitted,
    Fold,
    Hyperparameter,
    LearnerSpec,
    Matrix,
)
from lockstep.learners.tree_shap import Tree, Trees


class OneTree(LearnerSpec):
    """A decision tree."""

    name = "one_tree"
    outputs = PROBABILITIES | NUMBER
    numbers = "imputed"
    hyperparameters = {"max_depth": Hyperparameter("int", 1), "min_samples_leaf": Hyperparameter("int", 1)}
    defaults = {"max_depth": 4, "min_samples_leaf": 5}
    trusted = ("sklearn.tree._tree.Tree",)

    def fit(self, fold: Fold, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:  # noqa: ARG002
        """Grow the tree."""
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        kind = DecisionTreeRegressor if fold.output == "number" else DecisionTreeClassifier
        return plain_fit.fit(kind(**params, random_state=seed), fold, lambda fitted: fitted.feature_importances_)

    def explain(self, estimator: Any, background: Callable[[], Matrix]) -> Additive:  # noqa: ARG002
        """Return the SHAP values of the tree."""
        return Trees([[Tree.of_sklearn(estimator.tree_, 1.0)]]).additive()


LEARNER = OneTree()
