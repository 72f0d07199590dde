"""Stage `train`: fit, export, prove that the export is the model, seal."""

from typing import Any

import pandas as pd

from lockstep.features.schema import FeatureSchema
from lockstep.files import dump_json, whole_directory
from lockstep.manifest import Manifest
from lockstep.models.bundle import Signature, seal
from lockstep.models.found import read_best
from lockstep.models.learner import Budget
from lockstep.models.registry import learner
from lockstep.models.training import PARITY, Encoding, Trained, parity, resolve, train
from lockstep.params.base import Spec
from lockstep.params.models import Estimator, Scalar, TrainSpec
from lockstep.progress import Progress
from lockstep.workspace import Workspace


class Inputs(Spec):
    """What of params.yaml this stage reads."""

    seed: int
    train: TrainSpec


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Write the native model, model.onnx, training.json and the signature that seals them."""
    schema = FeatureSchema.read(workspace.features)
    manifest = Manifest.read(workspace.features)
    frames = {name: manifest.frame(workspace.features, name) for name in ("train", "valid", "test")}
    spec = inputs.train
    estimator, found = read_best(workspace.search).of(spec.estimator)
    params = resolve(estimator, found.params, spec.params)
    trained = train(
        learner(estimator),
        Encoding(schema, spec.high_cardinality, inputs.seed),
        (frames["train"], frames["valid"]),
        params,
        Budget(spec.rounds, spec.early_stopping_rounds),
        inputs.seed,
    )
    with whole_directory(workspace.model) as directory:
        trained.write(directory)
        (directory / "training.json").write_text(dump_json(_account(trained)), encoding="utf-8")
        gap = parity(directory, frames["test"], schema)
        seal(directory, _signature(estimator, schema, frames["train"], trained, params))
    rounds = f", {trained.fitted.rounds} rounds" if trained.fitted.rounds else ""
    progress.say(f"{estimator} on {len(frames['train']):,} rows{rounds}; ONNX differs by at most {gap:.1g}")


def _account(trained: Trained) -> dict[str, Any]:
    """Return how the fit went: loss by round, rounded against noise in the last digits, and importances."""
    return {
        "rounds": trained.fitted.rounds,
        "history": {part: [round(loss, 6) for loss in losses] for part, losses in trained.fitted.history.items()},
        "importance": {name: round(share, 6) for name, share in trained.importance().items()},
    }


def _signature(
    estimator: Estimator,
    schema: FeatureSchema,
    frame: pd.DataFrame,
    trained: Trained,
    params: dict[str, Scalar],
) -> Signature:
    return Signature(
        estimator=estimator,
        params=params,
        rounds=trained.fitted.rounds,
        features=schema,
        levels={name: tuple(sorted(frame[name].dropna().astype(str).unique())) for name in schema.categories},
        parity=PARITY,
        digests={},
    )
