"""Features of training and validation rows as the matrices that a learner takes."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lockstep.artifacts.inputs import to_inputs
from lockstep.artifacts.schema import LABEL, FeatureSchema
from lockstep.fitting import transformer
from lockstep.fitting.constraints import on_columns
from lockstep.fitting.weights import own_weights
from lockstep.learners.spec import Constraints, Fold, LearnerSpec, Matrix, Part, Vector
from lockstep.params.pipeline.train import ConstraintsSpec, EncodingSpec, WeightsSpec
from lockstep.tasks.registry import task
from lockstep.tasks.task import Output


@dataclass(frozen=True)
class Encoded:
    """Training and validation rows as matrices, the fitted transformer, and the constraints on the columns."""

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

    @property
    def output(self) -> Output:
        """What is predicted."""
        return task(self.schema.task).output

    def fit(self, learner: LearnerSpec, train: pd.DataFrame, valid: pd.DataFrame) -> Encoded:
        """Return the fitted transformer and both parts as matrices.

        Training rows are cross-fitted: a row's target encoding never contains its own label.

        Raises:
            LockstepError: a constraint does not fit the features.
        """
        inputs = to_inputs(train, self.schema)
        fitted = transformer.build(self.schema, inputs, numbers=learner.numbers, encoding=self.columns, seed=self.seed)
        label = train[LABEL].to_numpy(np.float64)
        target = label if self.output == "number" else label.astype(int)
        matrix = fitted.fit_transform(inputs, target).astype(np.float32)
        return Encoded(
            fitted,
            Part(matrix, label, own_weights(train, self.schema, self.weights.half_life)),
            # No half-life: validation rows are of one age, or the newest.
            Part(_matrix(fitted, valid, self.schema), _label(valid), own_weights(valid, self.schema)),
            on_columns(self.constraints, fitted, self.schema),
        )

    def prepare(self, learner: LearnerSpec, encoded: Encoded, *, coarse: bool = False) -> Fold:
        """Return encoded rows in the learner's own form."""
        return learner.prepare(
            encoded.train, encoded.valid, self.output, constraints=encoded.constraints, coarse=coarse
        )


def _matrix(fitted: Any, frame: pd.DataFrame, schema: FeatureSchema) -> Matrix:
    matrix: Matrix = fitted.transform(to_inputs(frame, schema)).astype(np.float32)
    return matrix


def _label(frame: pd.DataFrame) -> Vector:
    label: Vector = frame[LABEL].to_numpy(np.float64)
    return label
