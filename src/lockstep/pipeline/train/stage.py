"""Stage `train`: fit the model, export it, compare both, and write the digests."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pandas as pd

from lockstep.artifacts.best_params import read_best
from lockstep.artifacts.bundle import Signature, seal
from lockstep.artifacts.schema import DEFINITION, FeatureSchema
from lockstep.core.files import dump_json, sha256, whole_directory
from lockstep.core.manifest import Manifest
from lockstep.core.progress import Progress
from lockstep.core.spec import Scalar, Spec
from lockstep.core.workspace import Workspace
from lockstep.fitting.encoding import Encoding
from lockstep.fitting.training import Recipe, Trained, resolve
from lockstep.learners.registry import learner
from lockstep.learners.spec import Budget, LearnerSpec
from lockstep.params.pipeline.train import TUNED, TrainSpec
from lockstep.pipeline.train.adversarial import adversarial
from lockstep.pipeline.train.learning import Frames, learning_curve, overfitting, spread
from lockstep.pipeline.train.parity import PARITY, parity
from lockstep.tasks.registry import task
from lockstep.versioning.hashes.content_hash import content_hash


class Inputs(Spec):
    """The sections that this stage reads."""

    seed: int
    train: TrainSpec


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Write the native model, model.onnx, training.json and the signature that seals them.

    Raises:
        LockstepError: params.yaml names unknown features, or the graph differs from the model.
    """
    schema = FeatureSchema.read(workspace.features)
    manifest = Manifest.read(workspace.features)
    frames = Frames(*(manifest.frame(workspace.features, name) for name in ("train", "valid", "test")))
    best = read_best(workspace.search)
    chosen = learner(best.estimator if inputs.train.estimator == TUNED else inputs.train.estimator)
    chosen.check_installed()
    recipe = _recipe(inputs, schema, chosen, resolve(chosen, best.of(chosen.name).params, inputs.train.params))
    trained = recipe.train(frames.train, frames.valid)
    with whole_directory(workspace.model) as directory:
        trained.write(directory)
        gap = parity(directory, chosen, {"test rows": frames.test} | adversarial(frames.test, schema), schema)
        summary = _summary(trained) | _learning(recipe, frames, trained, inputs.train)
        (directory / "training.json").write_text(dump_json(summary), encoding="utf-8")
        points = pd.DataFrame(summary["learning_curve"], columns=["rows", "train", "valid"])
        points.to_csv(directory / "learning_curve.csv", index=False, lineterminator="\n")
        seal(directory, _signature(frames.train, trained, recipe, workspace))
    rounds = f", {trained.fitted.rounds} rounds" if trained.fitted.rounds else ""
    progress.say(f"{chosen.name} on {len(frames.train):,} rows{rounds}; ONNX differs by at most {gap:.1g}")
    if alarm := summary["overfitting"]["alarm"]:
        progress.say(alarm)


def _recipe(inputs: Inputs, schema: FeatureSchema, chosen: LearnerSpec, params: Mapping[str, Scalar]) -> Recipe:
    spec = inputs.train
    return Recipe(
        learner=chosen,
        encoding=Encoding(schema, inputs.seed, spec.encoding, spec.constraints, spec.weights),
        params=params,
        budget=Budget(spec.rounds, spec.early_stopping_rounds),
        seed=inputs.seed,
        calibration=spec.calibration,
    )


def _summary(trained: Trained) -> dict[str, Any]:
    """Return rounds, loss by round, and importances, rounded against noise in the last digits."""
    return {
        "rounds": trained.fitted.rounds,
        "history": {part: [round(loss, 6) for loss in losses] for part, losses in trained.fitted.history.items()},
        "importance": {name: round(share, 6) for name, share in trained.importance().items()},
    }


def _learning(recipe: Recipe, frames: Frames, trained: Trained, spec: TrainSpec) -> dict[str, Any]:
    """Return learning curve, spread over seeds and overfitting, by the task's main metric."""
    schema = trained.schema
    kind = task(schema.task)
    metric = kind.search_metric(kind.main.name, len(schema.classes or ()))
    points = learning_curve(recipe, frames, trained, spec.learning_curve, metric)
    return {
        "metric": metric.name,
        "learning_curve": [dataclasses.asdict(point) for point in points],
        "seeds": dataclasses.asdict(spread(recipe, frames, trained, spec.seeds, metric)),
        "overfitting": dataclasses.asdict(overfitting(frames, trained, metric)),
    }


def _signature(frame: pd.DataFrame, trained: Trained, recipe: Recipe, workspace: Workspace) -> Signature:
    schema = trained.schema
    return Signature(
        estimator=recipe.learner.name,
        params=dict(recipe.params),
        rounds=trained.fitted.rounds,
        calibration=recipe.calibration,
        features=schema,
        levels={name: tuple(sorted(frame[name].dropna().astype(str).unique())) for name in schema.categories},
        spans={name: _span(frame[name]) for name in schema.numbers},
        parity=PARITY,
        data={
            path.relative_to(workspace.root).as_posix(): content_hash(workspace.root, path)
            for path in (workspace.features, workspace.search)
        },
        definition=sha256(workspace.features / DEFINITION),
        digests={},
    )


def _span(column: pd.Series) -> tuple[float, float] | None:
    known = column.dropna()
    return None if known.empty else (float(known.min()), float(known.max()))
