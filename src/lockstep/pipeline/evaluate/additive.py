"""Exact SHAP values of fitted estimators, column by column of the transformed matrix.

XGBoost and LightGBM have TreeSHAP built in (Lundberg et al., Nature Machine Intelligence 2, 2020); scikit-learn's trees
borrow XGBoost's, for the `shap` package takes ten seconds to import. Of a linear model they are coefficient times
distance from the mean of background rows, columns taken for independent (Lundberg and Lee, NeurIPS 2017, corollary 1).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockstep.pipeline.evaluate.sklearn_trees import trees_of
from lockstep.statistics.weighted import Floats

Matrix = NDArray[np.float32]

ROWS = 2000
"""Of which contributions are computed at most: means settle long before."""
STEPS = 1e10
"""Of TreeSHAP in all, some ten seconds: a forest of deep trees is explained on fewer rows."""
FEWEST = 50


@dataclass(frozen=True)
class Additive:
    """What explains an estimator.

    Attributes:
        of: (n, p) -> (n, p + 1), or (n, classes, p + 1): what each column adds to the raw prediction; last, the mean.
        rows: on how many rows that can be done in time.
    """

    of: Callable[[Matrix], Floats]
    rows: int = ROWS


def additive(estimator: Any, background: Callable[[], Matrix]) -> Additive | None:
    """Return what explains an estimator exactly; None where nothing does.

    Args:
        estimator: fitted.
        background: rows that a linear model's mean is of, made only where they are needed.
    """
    if hasattr(estimator, "get_booster"):
        return Additive(lambda matrix: _xgboost(estimator, matrix))
    if hasattr(estimator, "booster_"):
        return Additive(lambda matrix: _lightgbm(estimator, matrix))
    if hasattr(estimator, "coef_"):
        mean = background().mean(axis=0, dtype=np.float64)
        return Additive(lambda matrix: _linear(estimator, matrix, mean))
    trees = trees_of(estimator)
    return None if trees is None else Additive(trees.contributions, int(np.clip(STEPS / trees.cost, FEWEST, ROWS)))


def _xgboost(estimator: Any, matrix: Matrix) -> Floats:
    import xgboost as xgb

    booster, threads = estimator.get_booster(), os.cpu_count()  # each row is one thread's: the bytes stay the same
    booster.set_param({"nthread": threads})
    return np.asarray(booster.predict(xgb.DMatrix(matrix, nthread=threads), pred_contribs=True), dtype=np.float64)


def _lightgbm(estimator: Any, matrix: Matrix) -> Floats:
    found = np.asarray(
        estimator.booster_.predict(matrix, pred_contrib=True, num_threads=os.cpu_count()), dtype=np.float64
    )
    width = matrix.shape[1] + 1
    return found if found.shape[1] == width else found.reshape(len(found), -1, width)  # the classes side by side


def _linear(estimator: Any, matrix: Matrix, mean: Floats) -> Floats:
    weights = np.atleast_2d(estimator.coef_)  # (1 or classes, p)
    moved = (matrix - mean)[:, None, :] * weights
    means = np.ravel(estimator.intercept_) + (weights * mean).sum(axis=1)
    found = np.concatenate([moved, np.broadcast_to(means[:, None], (*moved.shape[:2], 1))], axis=2)
    return found[:, 0] if len(weights) == 1 else found
