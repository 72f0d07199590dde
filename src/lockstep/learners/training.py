"""Training: which values the hyperparameters get, the fit, and what it leaves on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from lockstep.artifacts import preprocess
from lockstep.artifacts.schema import LABEL, FeatureSchema
from lockstep.learners import calibration, native
from lockstep.learners.calibration import Calibrator
from lockstep.learners.constraints import on_columns
from lockstep.learners.learner import Budget, Constraints, Fitted, Learner, Matrix, Part, Vector
from lockstep.learners.weights import own_weights
from lockstep.params.models import (
    HYPERPARAMETERS,
    Calibration,
    ConstraintsSpec,
    EncodingSpec,
    Estimator,
    Scalar,
    WeightsSpec,
)


@dataclass(frozen=True)
class Encoded:
    """Training and validation rows as matrices, what made them, and what binds their columns."""

    transformer: Any
    train: Part
    valid: Part
    constraints: Constraints

    def matrix(self, frame: pd.DataFrame, schema: FeatureSchema) -> Matrix:
        """Return other rows as a matrix, (n, p)."""
        return _matrix(self.transformer, frame, schema)


@dataclass(frozen=True)
class Encoding:
    """How features become the matrix of a learner; fitted once per set of training rows."""

    schema: FeatureSchema
    seed: int
    columns: EncodingSpec = field(default_factory=EncodingSpec)
    constraints: ConstraintsSpec = field(default_factory=ConstraintsSpec)
    weights: WeightsSpec = field(default_factory=WeightsSpec)

    def fit(self, learner: Learner, train: pd.DataFrame, valid: pd.DataFrame) -> Encoded:
        """Return the fitted transformer and both parts as matrices.

        Training rows are cross-fitted: a row's target encoding never contains its own label.

        Raises:
            LockstepError: a constraint does not fit the features.
        """
        inputs = preprocess.to_inputs(train, self.schema)
        transformer = preprocess.build(
            self.schema, inputs, numbers=learner.numbers, encoding=self.columns, seed=self.seed
        )
        label = train[LABEL].to_numpy(np.float64)
        target = label if self.schema.task == "regression" else label.astype(int)
        matrix = transformer.fit_transform(inputs, target).astype(np.float32)
        return Encoded(
            transformer,
            Part(matrix, label, own_weights(train, self.schema, self.weights.half_life)),
            # Validation rows are as old as each other, or are the newest.
            Part(_matrix(transformer, valid, self.schema), _label(valid), own_weights(valid, self.schema)),
            on_columns(self.constraints, transformer, self.schema),
        )

    def prepare(self, learner: Learner, encoded: Encoded, *, coarse: bool = False) -> Any:
        """Return encoded rows in the learner's own form."""
        return learner.prepare(
            encoded.train, encoded.valid, self.schema.task, constraints=encoded.constraints, coarse=coarse
        )


def resolve(
    estimator: Estimator, tuned: Mapping[str, Scalar], declared: Mapping[str, Scalar | None]
) -> dict[str, Scalar]:
    """Return the hyperparameters: what `train.params` says, and where it says null what the search found."""
    known = HYPERPARAMETERS[estimator]
    said = {name: value for name, value in declared.items() if value is not None and name in known}
    return {**tuned, **said}


@dataclass(frozen=True)
class Trained:
    """A model: what encodes its rows, the fit, what mends its probabilities, and what it was fitted on."""

    encoded: Encoded
    fitted: Fitted
    calibrator: Calibrator | None
    schema: FeatureSchema

    def importance(self) -> dict[str, float]:
        """Return each feature's share of the model's importance, largest first."""
        totals = dict.fromkeys(self.schema.names, 0.0)
        made_of = preprocess.origins(self.encoded.transformer, self.schema)
        for name, share in zip(made_of, self.fitted.importance, strict=True):
            totals[name] += float(share)
        return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))

    def write(self, directory: Path) -> None:
        """Write the native files and the ONNX graph."""
        from lockstep.artifacts.bundle import GRAPH
        from lockstep.learners import onnx_export

        native.write(directory, self.encoded.transformer, self.fitted.estimator)
        if self.calibrator:
            self.calibrator.write(directory)
        pipeline = Pipeline([("preprocess", self.encoded.transformer), ("model", self.fitted.estimator)])
        onnx_export.export(pipeline, self.schema, self.calibrator, directory / GRAPH)


@dataclass(frozen=True)
class Recipe:
    """All that makes a model of rows: two models of one recipe and the same rows are the same model."""

    learner: Learner
    encoding: Encoding
    params: Mapping[str, Scalar]
    budget: Budget
    seed: int
    calibration: Calibration = "none"

    def train(self, train: pd.DataFrame, valid: pd.DataFrame) -> Trained:
        """Return the model fitted on the first frame, stopped early and calibrated on the second."""
        return self.train_encoded(self.encoding.fit(self.learner, train, valid))

    def train_encoded(self, encoded: Encoded) -> Trained:
        """Return the model of rows that have been encoded."""
        return self.train_fold(encoded, self.encoding.prepare(self.learner, encoded))

    def train_fold(self, encoded: Encoded, fold: Any) -> Trained:
        """Return the model of a fold, which `Encoding.prepare` made of the encoded rows."""
        fitted = self.learner.fit(fold, self.params, self.budget, self.seed)
        valid = encoded.valid
        calibrator = calibration.fit(self.calibration, fitted.valid_prediction, valid.label, valid.weight)
        return Trained(encoded, fitted, calibrator, self.encoding.schema)


def _matrix(transformer: Any, frame: pd.DataFrame, schema: FeatureSchema) -> Matrix:
    matrix: Matrix = transformer.transform(preprocess.to_inputs(frame, schema)).astype(np.float32)
    return matrix


def _label(frame: pd.DataFrame) -> Vector:
    label: Vector = frame[LABEL].to_numpy(np.float64)
    return label
