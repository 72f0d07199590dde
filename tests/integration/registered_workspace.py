"""A registry with three versions of one model, made once and copied: a good one, one as good, and one that is worse."""

import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from lockstep.manifest import Manifest, describe
from lockstep.params.base import load, read_document
from lockstep.progress import Progress
from lockstep.registry.aliases import Registry
from lockstep.registry.ledger import Entry
from lockstep.registry.promote import promote
from lockstep.registry.register import opened, register
from lockstep.registry.rollback import rollback
from lockstep.registry.version import aliases, every
from lockstep.stages import drift, report, train
from lockstep.workspace import Workspace
from tests.integration.evaluated_workspace import build, run_evaluate, write_tables
from tests.integration.tracked_workspace import embedded, pin

GOOD, EQUAL, WORSE = 1, 2, 3
"""The versions, by their numbers."""
NAMES = {GOOD: "good", EQUAL: "equal", WORSE: "worse"}
COMMANDS: dict[str, Callable[..., Any]] = {"register": register, "promote": promote, "rollback": rollback}

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["mlflow.onnx", "lockstep.tracking.write", "lockstep.registry.promote", __name__])


@dataclass(frozen=True)
class Made:
    """The three results as checkouts, and a checkout in whose MLflow all of them are registered."""

    results: dict[int, Workspace]
    registered: Workspace


def make(folder: Path, database: Path) -> Made:
    """Train three models on the same features, and register them in the order of their numbers."""
    root = folder / "project"
    root.mkdir(parents=True)
    workspace = build(root, gates={"beat_baselines": False, "min": {"roc_auc": 0.2}})
    _ask_little(workspace)
    write_tables(workspace)
    results = {}
    for number, change in ((GOOD, 0.3), (EQUAL, 0.31), (WORSE, None)):
        _train(workspace, change)
        results[number] = Workspace(shutil.copytree(root, folder / NAMES[number]))
    (root / ".lockstep").mkdir(exist_ok=True)
    shutil.copy(database, root / ".lockstep" / "mlflow.db")
    for number, result in results.items():
        put(workspace, result)
        assert register(workspace).version.number == number
    put(workspace, results[GOOD])
    return Made(results, workspace)


def _ask_little(workspace: Workspace) -> None:
    """Say from when the rows are, so that models can be compared, and let a hair's breadth be no loss."""
    params = read_document(workspace.params)
    params["retrain"]["margin"] = 0.02
    params["source"]["as_of"] = "2025-06-30"
    workspace.params.write_text(yaml.safe_dump(params), encoding="utf-8")
    manifest = Manifest.read(workspace.features)
    tables = {name: describe(workspace.features / entry.file, "cutoff") for name, entry in manifest.tables.items()}
    manifest.model_copy(update={"tables": tables}).write(workspace.features)


def _train(workspace: Workspace, regularisation: float | None) -> None:
    """Run what comes after the features; with None the model learns the opposite of what it is told."""
    best = workspace.search / "best_params.json"
    found = json.loads(best.read_text())
    found["by_estimator"]["logistic"]["params"]["C"] = regularisation or 0.3
    best.write_text(json.dumps(found))
    if regularisation is None:
        _turn_labels(workspace)
    train.run(load(train.Inputs, workspace.params), workspace, Progress("train"))
    run_evaluate(workspace)
    drift.run(load(drift.Inputs, workspace.params), workspace, Progress("drift"))
    report.run(load(report.Inputs, workspace.params), workspace, Progress("report"))
    pin(workspace)


def _turn_labels(workspace: Workspace) -> None:
    manifest = Manifest.read(workspace.features)
    path = workspace.features / "train.parquet"
    frame = pd.read_parquet(path)
    shuffled = frame["label"].sample(frac=1, random_state=1).to_numpy()
    frame.assign(label=shuffled).to_parquet(path, index=False)
    tables = manifest.tables | {"train": describe(path, "cutoff")}
    manifest.model_copy(update={"tables": tables}).write(workspace.features)


def put(workspace: Workspace, result: Workspace) -> None:
    """Check a result out."""
    shutil.rmtree(workspace.root / "data")
    shutil.copytree(result.root / "data", workspace.root / "data")
    for name in ("params.yaml", "dvc.lock"):
        shutil.copy(result.root / name, workspace.root / name)
