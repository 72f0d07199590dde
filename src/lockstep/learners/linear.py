"""Exact SHAP values of a linear model."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lockstep.learners.spec import Additive, Matrix, Vector


def explain(estimator: Any, background: Callable[[], Matrix]) -> Additive:
    """Return coefficient times distance from the mean of background rows, columns taken as independent.

    Reference:
        Lundberg and Lee: A unified approach to interpreting model predictions. NeurIPS 2017, corollary 1.
    """
    weights = np.atleast_2d(estimator.coef_)  # (1 or classes, p)
    mean = background().mean(axis=0, dtype=np.float64)
    means = np.ravel(estimator.intercept_) + (weights * mean).sum(axis=1)

    def contributions(matrix: Matrix) -> Vector:
        moved = (matrix - mean)[:, None, :] * weights
        found = np.concatenate([moved, np.broadcast_to(means[:, None], (*moved.shape[:2], 1))], axis=2)
        return found[:, 0] if len(weights) == 1 else found

    return Additive(contributions)
