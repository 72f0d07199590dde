"""All sections of the report; a section without files is None."""

import csv
import dataclasses
from pathlib import Path
from typing import Any

import pandas as pd

from lockstep.artifacts.evaluation import Evaluation
from lockstep.core.errors import LockstepError
from lockstep.core.manifest import NAME as MANIFEST
from lockstep.core.workspace import Workspace
from lockstep.pipeline.report.facts import Facts, Problem
from lockstep.pipeline.report.gather import data, drift, features, model

CURVES = ("roc", "roc_baseline", "pr", "pr_baseline", "calibration", "scatter", "thresholds", "dependence")


def gather(workspace: Workspace, problem: Problem) -> Facts:
    """Return the content of the report.

    Raises:
        LockstepError: the evaluation is missing, or a file of any section is damaged.
    """
    manifests = [workspace.raw / MANIFEST, workspace.processed / MANIFEST]
    evaluation = Evaluation.read(workspace.evaluation)
    return Facts(
        problem=problem,
        evaluation=evaluation,
        confusion=_confusion(workspace.evaluation),
        data=data.gather(workspace.raw, workspace.processed) if all(map(Path.is_file, manifests)) else None,
        features=features.gather(workspace.features) if (workspace.features / MANIFEST).is_file() else None,
        search=model.gather_search(workspace.search, evaluation.kind),
        model=model.gather_model(workspace.model),
        drift=drift.gather(workspace.drift),
    )


def curves(directory: Path) -> dict[str, pd.DataFrame]:
    """Return the points of the curves; no rows if a curve is not applicable.

    Raises:
        LockstepError: a file is missing.
    """
    return {name: pd.read_csv(_present(directory / f"{name}.csv")) for name in CURVES}


def as_json(facts: Facts) -> dict[str, Any]:
    """Return the facts as plain values for report.json."""
    return dataclasses.asdict(facts) | {"evaluation": facts.evaluation.model_dump(mode="json")}


def _confusion(directory: Path) -> tuple[tuple[str, str, int], ...]:
    with _present(directory / "confusion.csv").open(encoding="utf-8", newline="") as file:
        return tuple((row["actual"], row["predicted"], int(row["count"])) for row in csv.DictReader(file))


def _present(path: Path) -> Path:
    if not path.is_file():
        raise LockstepError(f"{path}: missing; run `dvc repro`")
    return path
