"""Baselines: a constant, the last value of the label, and a linear model."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from lockstep.artifacts.inputs import to_inputs
from lockstep.artifacts.schema import LABEL, FeatureSchema
from lockstep.fitting import transformer
from lockstep.params.pipeline.train import EncodingSpec
from lockstep.statistics.weighted import Floats
from lockstep.tasks.formulas import constant_prediction
from lockstep.tasks.registry import task

Predict = Callable[[pd.DataFrame], Floats]
"""Frame of n rows -> (n,), or (n, classes) for three or more classes."""

LAST = "last"
"""The baseline that predicts the label of one horizon ago, if a feature holds it (`FeatureSchema.last_value`)."""

TOLERANCE = 1e-9  # one more Newton step reaches it; the rest is far below the six decimals that are kept


def fit(schema: FeatureSchema, train: pd.DataFrame, *, encoding: EncodingSpec, seed: int) -> dict[str, Predict]:
    """Return the baselines by name, fitted on the training split only.

    Args:
        schema: of `train`.
        train: features and label.
        encoding: see `transformer.build`.
        seed: of cross-fitted encodings.
    """
    constant, linear = task(schema.task).baselines
    last = {} if schema.last_value is None else {LAST: _last(schema, schema.last_value, train)}
    return {constant: _constant(schema, train)} | last | {linear: _linear(schema, train, encoding, seed)}


def _last(schema: FeatureSchema, name: str, train: pd.DataFrame) -> Predict:
    """Predict the label of one horizon ago; for two classes, the training share of positives after such a label."""
    label = train[LABEL].to_numpy(dtype=float)
    mean = float(label.mean())
    if not task(schema.task).has_probabilities:
        return lambda frame: frame[name].fillna(mean).to_numpy(dtype=float)
    happened = train[name].fillna(0).to_numpy(dtype=float) > 0
    after = [float(label[part].mean()) if part.any() else mean for part in (~happened, happened)]
    return lambda frame: np.where(frame[name].fillna(0).to_numpy(dtype=float) > 0, after[1], after[0])


def _constant(schema: FeatureSchema, train: pd.DataFrame) -> Predict:
    label, classes = train[LABEL].to_numpy(), len(schema.classes or ())
    return lambda frame: constant_prediction(task(schema.task), label, len(frame), classes)


def _linear(schema: FeatureSchema, train: pd.DataFrame, encoding: EncodingSpec, seed: int) -> Predict:
    inputs = to_inputs(train, schema)
    encoder = transformer.build(schema, inputs, numbers="scaled", encoding=encoding, seed=seed)
    kind = task(schema.task)
    label = train[LABEL].to_numpy(dtype=int if kind.has_probabilities else float)
    # One thread: the last bits of parallel BLAS sums depend on the number of threads.
    with threadpool_limits(1):
        matrix = encoder.fit_transform(inputs, label)
        estimator = _estimator(schema).fit(matrix.astype(np.float64), label)

    def predict(frame: pd.DataFrame) -> Floats:
        with threadpool_limits(1):
            inputs = encoder.transform(to_inputs(frame, schema)).astype(np.float64)
            if not kind.has_probabilities:
                return np.asarray(estimator.predict(inputs), dtype=float)
            return _columns(estimator, inputs, schema)

    return predict


def _estimator(schema: FeatureSchema) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge

    if not task(schema.task).has_probabilities:
        return Ridge(alpha=1.0, solver="cholesky")
    return LogisticRegression(C=1.0, solver="newton-cholesky", tol=TOLERANCE, max_iter=100)


def _columns(estimator: Any, inputs: Floats, schema: FeatureSchema) -> Floats:
    """Return P(1), or one column for each class of the schema, 0 for a class without training rows."""
    chance = np.asarray(estimator.predict_proba(inputs), dtype=float)
    if not task(schema.task).has_classes:
        positive: Floats = chance[:, 1]
        return positive
    columns = np.zeros((len(inputs), len(schema.classes or ())))
    columns[:, estimator.classes_.astype(int)] = chance
    return columns
