"""Training: which values the hyperparameters get, the fit, and the proof that the export is the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from lockstep.errors import LockstepError
from lockstep.features.schema import LABEL, FeatureSchema
from lockstep.models import native, preprocess
from lockstep.models.learner import Budget, Fitted, Learner, Part, predict
from lockstep.models.onnx_file import open_session, run
from lockstep.params.models import HYPERPARAMETERS, Estimator, Scalar

PARITY = 1e-5
"""Largest difference allowed between native and exported predictions; of numbers, as a share of the largest one."""


@dataclass(frozen=True)
class Encoding:
    """How features become the matrix of a learner; fitted once per set of training rows."""

    schema: FeatureSchema
    high_cardinality: int
    seed: int

    def fit(self, learner: Learner, train: pd.DataFrame, valid: pd.DataFrame) -> tuple[Any, Part, Part]:
        """Return the fitted transformer and both parts as matrices.

        Training rows are cross-fitted: a row's target encoding never contains its own label.
        """
        inputs = preprocess.to_inputs(train, self.schema)
        transformer = preprocess.build(
            self.schema, inputs, numbers=learner.numbers, high_cardinality=self.high_cardinality, seed=self.seed
        )
        label = train[LABEL].to_numpy(np.float64)
        target = label if self.schema.task == "regression" else label.astype(int)
        matrix = transformer.fit_transform(inputs, target).astype(np.float32)
        other = transformer.transform(preprocess.to_inputs(valid, self.schema)).astype(np.float32)
        return transformer, Part(matrix, label), Part(other, valid[LABEL].to_numpy(np.float64))


def resolve(
    estimator: Estimator, tuned: Mapping[str, Scalar], declared: Mapping[str, Scalar | None]
) -> dict[str, Scalar]:
    """Return the hyperparameters: what `train.params` says, and where it says null what the search found."""
    known = HYPERPARAMETERS[estimator]
    said = {name: value for name, value in declared.items() if value is not None and name in known}
    return {**tuned, **said}


@dataclass(frozen=True)
class Trained:
    """A fitted transformer and model, and the feature behind every column of the matrix."""

    transformer: Any
    fitted: Fitted
    schema: FeatureSchema

    def importance(self) -> dict[str, float]:
        """Return each feature's share of the model's importance, largest first."""
        totals = dict.fromkeys(self.schema.names, 0.0)
        for name, share in zip(preprocess.origins(self.transformer, self.schema), self.fitted.importance, strict=True):
            totals[name] += float(share)
        return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))

    def write(self, directory: Path) -> None:
        """Write the native files and the ONNX graph."""
        from lockstep.models import onnx_export
        from lockstep.models.bundle import GRAPH

        native.write(directory, self.transformer, self.fitted.estimator)
        pipeline = Pipeline([("preprocess", self.transformer), ("model", self.fitted.estimator)])
        onnx_export.export(pipeline, len(self.schema.numbers), len(self.schema.categories), directory / GRAPH)


def train(
    learner: Learner,
    encoding: Encoding,
    frames: tuple[pd.DataFrame, pd.DataFrame],
    params: Mapping[str, Scalar],
    budget: Budget,
    seed: int,
) -> Trained:
    """Return the model fitted on the first frame, stopped early on the second."""
    transformer, rows, valid = encoding.fit(learner, *frames)
    fold = learner.prepare(rows, valid, encoding.schema.task)
    return Trained(transformer, learner.fit(fold, params, budget, seed), encoding.schema)


def parity(directory: Path, frame: pd.DataFrame, schema: FeatureSchema) -> float:
    """Return the largest difference between the predictions of the native files and of the graph.

    Both are read back from `directory`, so that what is compared is what was written.

    Raises:
        LockstepError: it is larger than `PARITY`.
    """
    from lockstep.models.bundle import GRAPH

    inputs = preprocess.to_inputs(frame, schema)
    pipeline = native.read(directory, schema.task)
    matrix = pipeline.named_steps["preprocess"].transform(inputs).astype(np.float32)
    expected = predict(pipeline.named_steps["model"], matrix, schema.task)
    found = run(open_session(directory / GRAPH), inputs, len(schema.numbers)).astype(np.float64)
    found = found if schema.task == "multiclass" else found.reshape(len(frame), -1)[:, -1]
    # Both add float32: a sum that passes large values is off by their rounding, however small it ends.
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    gap = float(np.abs(found - expected).max(initial=0.0)) / scale
    if not gap <= PARITY:
        raise LockstepError(f"{GRAPH}: differs from the native model by up to {gap:.2g}; expected at most {PARITY:g}")
    return gap
