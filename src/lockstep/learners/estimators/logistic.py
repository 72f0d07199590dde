"""scikit-learn's logistic regression."""

from collections.abc import Callable, Mapping
from typing import Any

from threadpoolctl import threadpool_limits

from lockstep.core.spec import Scalar
from lockstep.learners import linear, plain_fit
from lockstep.learners.spec import (
    BALANCED,
    CLASS_WEIGHT,
    PROBABILITIES,
    Additive,
    Budget,
    Fitted,
    Fold,
    Hyperparameter,
    LearnerSpec,
    Matrix,
)


class Logistic(LearnerSpec):
    """Logistic regression with an L2 penalty."""

    name = "logistic"
    outputs = PROBABILITIES
    numbers = "scaled"
    hyperparameters = {"C": Hyperparameter(), CLASS_WEIGHT: BALANCED}
    defaults = {"C": 1.0}

    def fit(self, fold: Fold, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:  # noqa: ARG002
        """Fit to convergence; the budget is for boosting."""
        from sklearn.linear_model import LogisticRegression

        # Newton's method ends far below float32: no rounding on the way shows in the result.
        own = plain_fit.as_sklearn(params)
        estimator = LogisticRegression(**own, solver="newton-cholesky", tol=1e-9, max_iter=100)
        with threadpool_limits(1):  # parallel sums of BLAS differ in the last bit with the thread count
            return plain_fit.fit(estimator, fold, lambda fitted: fitted.coef_)

    def explain(self, estimator: Any, background: Callable[[], Matrix]) -> Additive:
        """Return the SHAP values of the log-odds."""
        return linear.explain(estimator, background)


LEARNER = Logistic()
