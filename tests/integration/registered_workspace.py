"""A registry with three versions of one model, made once and copied: a good one, one as good, and one that is worse."""

import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import chdir, closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import yaml

from lockstep.cli import main
from lockstep.core.errors import LockstepError
from lockstep.core.manifest import Manifest, describe
from lockstep.core.progress import Progress
from lockstep.core.spec import load, read_document
from lockstep.core.workspace import Workspace
from lockstep.pipeline.drift import stage as drift
from lockstep.pipeline.report import stage as report
from lockstep.pipeline.train import stage as train
from lockstep.registry.aliases import Registry
from lockstep.registry.history import history
from lockstep.registry.ledger import Ledger
from lockstep.registry.promote import promote
from lockstep.registry.register import opened, register
from lockstep.registry.rollback import rollback
from lockstep.registry.state import champion_of
from lockstep.registry.version import Version, aliases, every
from tests import commands
from tests.integration.evaluated_workspace import build, run_evaluate, write_tables
from tests.integration.tracked_workspace import CONTEXT, arm, embedded, pin

GOOD, EQUAL, WORSE = 1, 2, 3
"""The versions, by their numbers."""
NAMES = {GOOD: "good", EQUAL: "equal", WORSE: "worse"}
COMMANDS: dict[str, Callable[..., Any]] = {"register": register, "promote": promote, "rollback": rollback}

DEADLINE = 60.0


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
    params["promote"]["margin"] = 0.02
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


def copy_of(made: Made, folder: Path) -> Workspace:
    """Return a copy of the checkout with a registry of its own, whose artifacts lie in the copy."""
    old, new = str(made.registered.root), str(folder)
    shutil.copytree(old, folder)
    places = {"experiments": "artifact_location", "runs": "artifact_uri", "logged_models": "artifact_location"}
    with closing(sqlite3.connect(folder / ".lockstep" / "mlflow.db")) as database, database:
        for table, column in [*places.items(), ("model_versions", "source"), ("model_versions", "storage_location")]:
            database.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (old, new))
    return Workspace(folder)


def book(workspace: Workspace) -> Registry:
    """Return the registry of the checkout's model."""
    params = yaml.load(workspace.params.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return opened(workspace, params["problem"]["name"])


def told(workspace: Workspace) -> list[tuple[str, int | None, int]]:
    """Return action, from and to of every entry."""
    return [(one.action, one.version_from, one.version_to) for one in book(workspace).entries()]


def aliases_of(workspace: Workspace) -> dict[str, int]:
    """Return where MLflow's aliases are."""
    found = book(workspace)
    return aliases(found.backend, found.model)


def versions_of(workspace: Workspace) -> list[Version]:
    """Return the versions, newest first."""
    found = book(workspace)
    return every(found.backend, found.model)


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def cli(workspace: Workspace, *arguments: str) -> Said:
    """Run the command line in this process: MLflow takes seconds to load."""
    out, err = io.StringIO(), io.StringIO()
    handler, code = signal.getsignal(signal.SIGTERM), 0
    try:
        with chdir(workspace.root), redirect_stdout(out), redirect_stderr(err), patch("sys.argv", ["x", *arguments]):
            main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        signal.signal(signal.SIGTERM, handler)
    return Said(code, out.getvalue(), err.getvalue())


def cli_process(workspace: Workspace, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line in a process of its own."""
    return commands.run(["lockstep", *arguments], workspace.root, os.environ | environment)


@dataclass(frozen=True)
class Started:
    """A command in a process of its own."""

    process: BaseProcess
    said: Any

    def wait(self) -> str:
        """Return `ok`, or the name of the error that the command ended with, or `killed`."""
        self.process.join(DEADLINE)
        if self.process.exitcode == -signal.SIGKILL:
            return "killed"
        return str(self.said.get(timeout=DEADLINE))


def start(
    workspace: Workspace, command: str, *, kill_after: str = "", calls: int = 1, barrier: Any = None, **arguments: Any
) -> Started:
    """Run a command in a process of its own.

    It kills itself after so many calls of a method of MLflow's client, or of `append`, the ledger's. With a barrier it
    waits for others when it has decided, and has not yet written that down.
    """
    said = CONTEXT.Queue()
    given = (workspace, command, arguments, (kill_after, calls), barrier, said, os.environ.get("MLFLOW_TRACKING_URI"))
    process = CONTEXT.Process(target=_run, args=given, daemon=True)
    process.start()
    return Started(process, said)


def _run(
    workspace: Workspace,
    command: str,
    arguments: dict[str, Any],
    kill: tuple[str, int],
    barrier: Any,
    said: Any,
    uri: str | None,
) -> None:
    with embedded(uri):
        if kill[0]:
            from mlflow import MlflowClient

            arm(Ledger if kill[0] == "append" else MlflowClient, *kill)
        if barrier is not None:
            _meet(barrier)
        try:
            COMMANDS[command](workspace, **arguments)
        except LockstepError as error:
            said.put(f"{type(error).__name__}: {error}")
        else:
            said.put("ok")


def _meet(barrier: Any) -> None:
    original = Registry.decide

    def together(*args: Any) -> Any:
        barrier.wait(DEADLINE)
        return original(*args)

    Registry.decide = together  # type: ignore[method-assign]


def watch(workspace: Workspace, stop: Any) -> Started:
    """Read the history until told to stop, in a process of its own; it says what did not agree, or how much it saw."""
    said = CONTEXT.Queue()
    process = CONTEXT.Process(
        target=_watch, args=(workspace, stop, said, os.environ.get("MLFLOW_TRACKING_URI")), daemon=True
    )
    process.start()
    return Started(process, said)


def _watch(workspace: Workspace, stop: Any, said: Any, uri: str | None) -> None:
    seen = 0
    with embedded(uri):
        while not stop.is_set():
            found = history(workspace)
            seen += 1
            if found.moved_by_hand is not None:
                said.put(f"{found.moved_by_hand} is not {champion_of(found.entries)}, after {len(found.entries)}")
                return
    said.put(f"saw {seen}")
