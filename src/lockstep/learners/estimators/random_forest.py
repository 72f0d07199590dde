"""scikit-learn's random forest; predicts on one thread, because its sum over trees depends on their order."""

from collections.abc import Callable, Mapping
from typing import Any

from lockstep.core.spec import Scalar
from lockstep.learners import plain_fit
from lockstep.learners.spec import (
    BALANCED,
    CLASS_WEIGHT,
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


class RandomForest(LearnerSpec):
    """Random forest of scikit-learn."""

    name = "random_forest"
    outputs = PROBABILITIES | NUMBER
    numbers = "imputed"
    hyperparameters = {
        "n_estimators": Hyperparameter("int", 1),
        "max_depth": Hyperparameter("int", 1),
        "min_samples_leaf": Hyperparameter(),
        "max_features": Hyperparameter(choices=("sqrt", "log2")),
        CLASS_WEIGHT: BALANCED,
    }
    defaults = {"min_samples_leaf": 1}
    constraints = frozenset({"monotone"})
    trusted = ("sklearn.tree._tree.Tree",)  # its indices are not checked

    def fit(self, fold: Fold, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:  # noqa: ARG002
        """Grow all trees; the budget is for boosting."""
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        kind = RandomForestRegressor if fold.output == "number" else RandomForestClassifier
        monotone = fold.constraints.monotone or None
        estimator = kind(**plain_fit.as_sklearn(params), random_state=seed, n_jobs=-1, monotonic_cst=monotone)
        return plain_fit.fit(estimator, fold, lambda fitted: fitted.set_params(n_jobs=1).feature_importances_)

    def explain(self, estimator: Any, background: Callable[[], Matrix]) -> Additive:  # noqa: ARG002
        """Return the SHAP values of its trees, whose leaves hold a value for each output."""
        from lockstep.learners.tree_shap import Tree, Trees

        share = 1 / len(estimator.estimators_)
        return Trees([[Tree.of_sklearn(one.tree_, share) for one in estimator.estimators_]]).additive()


LEARNER = RandomForest()
