"""scikit-learn's linear models and random forest, fitted on one thread's worth of rounding."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from threadpoolctl import threadpool_limits

from lockstep.artifacts.preprocess import Numbers
from lockstep.learners.learner import FREE, Budget, Constraints, Fitted, Part, predict, shares
from lockstep.learners.weights import CLASS_WEIGHT
from lockstep.params.models import Scalar
from lockstep.params.problem import Task


@dataclass(frozen=True)
class Fold:
    """The parts as they are."""

    train: Part
    valid: Part
    task: Task
    constraints: Constraints


class _AsTheyAre:
    """Takes matrices without another form."""

    def prepare(
        self,
        train: Part,
        valid: Part,
        task: Task,
        *,
        constraints: Constraints = FREE,
        coarse: bool = False,  # noqa: ARG002
    ) -> Fold:
        """Keep both parts."""
        return Fold(train, valid, task, constraints)


class Linear(_AsTheyAre):
    """Logistic regression for classes, ridge regression for numbers."""

    numbers: Numbers = "scaled"
    defaults: Mapping[str, Scalar] = {"C": 1.0, "alpha": 1.0}

    def fit(self, fold: Fold, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:  # noqa: ARG002
        """Fit to convergence; the budget is for boosting."""
        from sklearn.linear_model import LogisticRegression, Ridge

        # Newton's method ends far below float32, so that no rounding on the way shows in the result.
        if fold.task == "regression":
            estimator = Ridge(**params, solver="cholesky")
        else:
            estimator = LogisticRegression(**_own(params), solver="newton-cholesky", tol=1e-9, max_iter=100)
        # Parallel sums of BLAS differ in the last bit with the thread count.
        with threadpool_limits(1):
            return _fit(estimator, fold, lambda model: model.coef_.reshape(-1, model.n_features_in_))


class Forest(_AsTheyAre):
    """Random forest; predicts on one thread, for its sum over trees depends on their order."""

    numbers: Numbers = "imputed"
    defaults: Mapping[str, Scalar] = {"min_samples_leaf": 1}

    def fit(self, fold: Fold, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:  # noqa: ARG002
        """Grow all trees; the budget is for boosting."""
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        kind = RandomForestRegressor if fold.task == "regression" else RandomForestClassifier
        monotone = fold.constraints.monotone or None
        estimator = kind(**_own(params), random_state=seed, n_jobs=-1, monotonic_cst=monotone)
        return _fit(estimator, fold, lambda model: model.feature_importances_[None])


def _own(params: Mapping[str, Scalar]) -> dict[str, Scalar | None]:
    """Return the parameters in scikit-learn's words: all classes alike is None."""
    return {name: None if (name, value) == (CLASS_WEIGHT, "none") else value for name, value in params.items()}


def _fit(estimator: Any, fold: Fold, weights: Any) -> Fitted:
    label = fold.train.label if fold.task == "regression" else fold.train.label.astype(int)
    estimator.fit(fold.train.matrix.astype(float), label, sample_weight=fold.train.weight)
    if hasattr(estimator, "n_jobs"):
        estimator.set_params(n_jobs=1)
    return Fitted(
        estimator=estimator,
        valid_prediction=predict(estimator, fold.valid.matrix, fold.task),
        rounds=None,
        importance=shares(abs(weights(estimator)).mean(axis=0)),
    )
