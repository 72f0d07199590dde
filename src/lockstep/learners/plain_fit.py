"""Fits of scikit-learn estimators that do not boost."""

from collections.abc import Callable, Mapping
from typing import Any

from lockstep.core.spec import Scalar
from lockstep.learners.spec import CLASS_WEIGHT, Fitted, Fold, predict, shares


def fit(estimator: Any, fold: Fold, importance: Callable[[Any], Any]) -> Fitted:
    """Return the estimator fitted on the training rows; `importance` takes it and returns weights, (p,) or (k, p)."""
    label = fold.train.label if fold.output == "number" else fold.train.label.astype(int)
    estimator.fit(fold.train.matrix.astype(float), label, sample_weight=fold.train.weight)
    weights = abs(importance(estimator))
    return Fitted(
        estimator=estimator,
        valid_prediction=predict(estimator, fold.valid.matrix, fold.output),
        rounds=None,
        importance=shares(weights.reshape(-1, weights.shape[-1]).mean(axis=0)),
    )


def as_sklearn(params: Mapping[str, Scalar]) -> dict[str, Scalar | None]:
    """Return the parameters as scikit-learn takes them: no class weights are None."""
    return {name: None if (name, value) == (CLASS_WEIGHT, "none") else value for name, value in params.items()}
