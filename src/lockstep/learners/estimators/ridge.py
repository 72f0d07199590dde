"""scikit-learn's ridge regression."""

from collections.abc import Callable, Mapping
from typing import Any

from threadpoolctl import threadpool_limits

from lockstep.core.spec import Scalar
from lockstep.learners import linear, plain_fit
from lockstep.learners.spec import NUMBER, Additive, Budget, Fitted, Fold, Hyperparameter, LearnerSpec, Matrix


class Ridge(LearnerSpec):
    """Linear regression with an L2 penalty."""

    name = "ridge"
    outputs = NUMBER
    numbers = "scaled"
    hyperparameters = {"alpha": Hyperparameter()}
    defaults = {"alpha": 1.0}

    def fit(self, fold: Fold, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:  # noqa: ARG002
        """Solve the normal equations; the budget is for boosting."""
        from sklearn import linear_model

        estimator = linear_model.Ridge(**params, solver="cholesky")
        with threadpool_limits(1):  # parallel sums of BLAS differ in the last bit with the thread count
            return plain_fit.fit(estimator, fold, lambda fitted: fitted.coef_)

    def explain(self, estimator: Any, background: Callable[[], Matrix]) -> Additive:
        """Return the SHAP values of the number."""
        return linear.explain(estimator, background)


LEARNER = Ridge()
