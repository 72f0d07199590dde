"""Training: the hyperparameters, the fit, and the files that it writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from sklearn.pipeline import Pipeline

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.spec import Scalar
from lockstep.fitting import calibration, transformer
from lockstep.fitting.calibration import Calibrator
from lockstep.fitting.encoding import Encoded, Encoding
from lockstep.learners.spec import Budget, Fitted, Fold, LearnerSpec
from lockstep.params.pipeline.train import Calibration
from lockstep.tasks.registry import task
from lockstep.tasks.task import Output


def resolve(
    learner: LearnerSpec, tuned: Mapping[str, Scalar], declared: Mapping[str, Scalar | None]
) -> dict[str, Scalar]:
    """Return the hyperparameters of `train.params`; a null is replaced by the value that the search found."""
    known = learner.hyperparameters
    return {**tuned, **{name: value for name, value in declared.items() if value is not None and name in known}}


@dataclass(frozen=True)
class Trained:
    """A model: the encoding of its rows, the fit, the calibration, and the rows that it was fitted on."""

    learner: LearnerSpec
    encoded: Encoded
    fitted: Fitted
    calibrator: Calibrator | None
    schema: FeatureSchema

    @property
    def output(self) -> Output:
        """What it predicts."""
        return task(self.schema.task).output

    def importance(self) -> dict[str, float]:
        """Return each feature's share of the model's importance, largest first."""
        totals = dict.fromkeys(self.schema.names, 0.0)
        made_of = transformer.origins(self.encoded.transformer, self.schema)
        for name, share in zip(made_of, self.fitted.importance, strict=True):
            totals[name] += float(share)
        return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))

    def write(self, directory: Path) -> None:
        """Write the native files and the ONNX graph."""
        from lockstep.artifacts.bundle import GRAPH
        from lockstep.fitting import native, onnx_export

        native.write(directory, self.encoded.transformer, self.learner, self.fitted.estimator)
        if self.calibrator:
            self.calibrator.write(directory)
        pipeline = Pipeline([("preprocess", self.encoded.transformer), ("model", self.fitted.estimator)])
        onnx_export.export(pipeline, self.learner, self.schema, self.calibrator, directory / GRAPH)


@dataclass(frozen=True)
class Recipe:
    """All settings of a training: the same recipe and the same rows give the same model."""

    learner: LearnerSpec
    encoding: Encoding
    params: Mapping[str, Scalar]
    budget: Budget
    seed: int
    calibration: Calibration = "none"

    def train(self, train: pd.DataFrame, valid: pd.DataFrame) -> Trained:
        """Return the model fitted on the first frame, stopped early and calibrated on the second."""
        return self.train_encoded(self.encoding.fit(self.learner, train, valid))

    def train_encoded(self, encoded: Encoded) -> Trained:
        """Return the model of encoded rows."""
        return self.train_fold(encoded, self.encoding.prepare(self.learner, encoded))

    def train_fold(self, encoded: Encoded, fold: Fold) -> Trained:
        """Return the model of a fold, which `Encoding.prepare` made of the encoded rows."""
        fitted = self.learner.fit(fold, self.params, self.budget, self.seed)
        valid = encoded.valid
        calibrator = calibration.fit(self.calibration, fitted.valid_prediction, valid.label, valid.weight)
        return Trained(self.learner, encoded, fitted, calibrator, self.encoding.schema)
