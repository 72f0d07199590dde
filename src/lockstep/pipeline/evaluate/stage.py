"""Stage `evaluate`: metrics of the model and the baselines on the test split, and the verdict of the gate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field

from lockstep.artifacts.schema import CUTOFF, FeatureSchema
from lockstep.core.errors import LockstepError
from lockstep.core.files import dump_json, read_json, sha256, whole_directory, write_json
from lockstep.core.manifest import Manifest
from lockstep.core.progress import Progress
from lockstep.core.spec import Spec
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.evaluate import EvaluateSpec, gate_faults
from lockstep.params.pipeline.train import EncodingSpec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from lockstep.artifacts.evaluation import Evaluation
    from lockstep.artifacts.scorer import Scorer
    from lockstep.evaluation.segment_levels import Groups
    from lockstep.pipeline.evaluate.diagnostics import Material


class Inputs(Spec):
    """Sections of params.yaml."""

    seed: int
    evaluate: EvaluateSpec
    encoding: EncodingSpec = Field(alias="train.encoding")


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Write reports/evaluation and reports/metrics.json; a gate that fails does not fail the stage."""
    from lockstep.artifacts.scorer import Scorer
    from lockstep.evaluation import segments
    from lockstep.pipeline.evaluate import assess, diagnostics, summary

    spec, manifest, schema = inputs.evaluate, Manifest.read(workspace.features), FeatureSchema.read(workspace.features)
    _check(spec, schema)
    frames = {name: manifest.frame(workspace.features, name) for name in ("train", "valid", "test")}
    if frames["test"].empty:
        raise LockstepError(f"{workspace.features / 'test.parquet'}: no rows to evaluate on")

    scorer = Scorer.load(workspace.model)
    material = _predict(inputs, workspace, scorer, frames)
    further, dependence = diagnostics.examine(material, spec, inputs.seed)
    groups = {name: segments.groups(schema, name, frames["test"], frames["train"]) for name in spec.segments}
    groups |= {CUTOFF: ages} if (ages := segments.by_age(frames["test"], frames["train"])) else {}
    with progress.bar("resamples", spec.bootstrap) as advance:
        further = replace(
            further, unknown=scorer.model.unknown(frames["test"]), seed_deviation=_seed_deviation(workspace)
        )
        evaluation = assess.assess(material.test, spec, inputs.seed, groups, schema.classes, advance, further)

    with whole_directory(workspace.evaluation) as directory:
        _write(directory, material, groups, evaluation)
        for name, points in _points(material, spec, dependence).items():
            points.to_csv(directory / f"{name}.csv", index=False, lineterminator="\n")
    short = summary.summary(evaluation)
    write_json(workspace.metrics, short)
    progress.say(", ".join(f"{name} {value}" for name, value in short.items()))


def _check(spec: EvaluateSpec, schema: FeatureSchema) -> None:
    from lockstep.evaluation import segments
    from lockstep.tasks.registry import task

    segments.check(schema, "evaluate.segments", spec.segments)
    segments.check(schema, "evaluate.sensitive", spec.sensitive)
    faults = list(gate_faults(spec.gates, task(schema.task)))
    if faults:
        raise LockstepError("params.yaml: evaluate.gates does not fit the task", faults)


def _predict(inputs: Inputs, workspace: Workspace, scorer: Scorer, frames: Mapping[str, pd.DataFrame]) -> Material:
    """Return the predictions of model and baselines for validation and test rows, with thresholds."""
    from lockstep.artifacts import predictions
    from lockstep.pipeline.evaluate import baselines, decision
    from lockstep.pipeline.evaluate.diagnostics import Material

    schema = FeatureSchema.read(workspace.features)
    fitted = baselines.fit(schema, frames["train"], encoding=inputs.encoding, seed=inputs.seed)
    predictors = {predictions.MODEL: scorer.score} | fitted
    valid, test = (
        predictions.collect(
            schema, frames[split], {name: predict(frames[split]) for name, predict in predictors.items()}
        )
        for split in ("valid", "test")
    )
    thresholds = decision.thresholds(valid, inputs.evaluate)
    return Material(schema, frames, workspace.model, scorer.model.predict, valid, test.at(thresholds))


def _seed_deviation(workspace: Workspace) -> float | None:
    """Return the deviation that training measured; loading the model checks the digest of the file."""
    path = workspace.model / "training.json"
    found = read_json(path).get("seeds", {}).get("deviation") if path.is_file() else None
    return None if found is None else float(found)


def _write(directory: Path, material: Material, groups: Groups, evaluation: Evaluation) -> None:
    """Write predictions.parquet, evaluation.json, and decision.json with the threshold for serving."""
    from lockstep.artifacts import predictions
    from lockstep.artifacts.bundle import SIGNATURE
    from lockstep.artifacts.evaluation import NAME
    from lockstep.evaluation import segments

    levels = {name: segments.levels(found, evaluation.rows) for name, found in groups.items()}
    table = predictions.to_frame(material.schema, material.test, levels)
    table.to_parquet(directory / "predictions.parquet", index=False)
    (directory / NAME).write_text(dump_json(evaluation.model_dump(mode="json")), encoding="utf-8")
    chosen = evaluation.decision
    decision = None
    if chosen is not None:
        # The threshold belongs to one model.
        of = {"model": sha256(material.model / SIGNATURE)}
        decision = of | {"threshold": chosen.threshold, "rule": chosen.rule, "costs": chosen.costs}
    (directory / "decision.json").write_text(dump_json(decision), encoding="utf-8")


def _points(material: Material, spec: EvaluateSpec, dependence: pd.DataFrame) -> dict[str, pd.DataFrame]:
    from lockstep.pipeline.evaluate import curves, decision

    return {
        **curves.curves(material.test, material.schema.classes, spec.confidence),
        "thresholds": decision.points(material.test, spec.costs),
        "dependence": dependence,
    }
