"""A workspace whose results are pinned, an empty MLflow for it, and processes that publish and can be killed."""

import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from lockstep.core.progress import Progress
from lockstep.core.spec import load, read_document
from lockstep.core.workspace import Workspace
from lockstep.pipeline.drift import stage as drift
from lockstep.pipeline.report import stage as report
from lockstep.pipeline.track.backend import Backend, connect
from lockstep.pipeline.track.gather import gather
from lockstep.pipeline.track.publish import Published, publish
from lockstep.versioning.hashes.content_hash import content_hash
from tests.integration.evaluated_workspace import build, run_evaluate, write_tables

# The sections stand with one stage, the outputs with another: nothing here asks which stage it was.
OUTPUTS = {
    "process": ("raw", "processed", "features"),
    "train": ("models/search", "models/model"),
    "report": ("reports/evaluation", "reports/metrics.json", "reports/drift", "reports/drift.json", "reports/report"),
}
SECTIONS = ("seed", "source", "problem", "features", "tune", "train", "evaluate", "drift")

CONTEXT = multiprocessing.get_context("forkserver")
PRELOADED = ["mlflow.onnx", "lockstep.pipeline.track.write", "lockstep.registry.promote", "onnxruntime", __name__]
CONTEXT.set_forkserver_preload(PRELOADED)


def make(root: Path) -> Workspace:
    """Return a workspace after all stages but `track`, pinned."""
    root.mkdir()
    workspace = build(root)
    write_tables(workspace)
    run_evaluate(workspace)
    drift.run(load(drift.Inputs, workspace.params), workspace, Progress("drift"))
    report.run(load(report.Inputs, workspace.params), workspace, Progress("report"))
    pin(workspace)
    return workspace


def pin(workspace: Workspace) -> None:
    """Write dvc.lock as DVC would."""
    params = read_document(workspace.params)
    stages = {
        name: {
            "cmd": f"lockstep stage {name}",
            "params": {"params.yaml": {section: params[section] for section in SECTIONS}},
            "outs": [
                {"path": f"data/{path}", "md5": content_hash(workspace.root, workspace.root / "data" / path)}
                for path in paths
            ],
        }
        for name, paths in OUTPUTS.items()
    }
    (workspace.root / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}), encoding="utf-8")


def set_param(workspace: Workspace, section: str, **changes: Any) -> None:
    """Change what a stage tracks, and pin that with the outputs as they are."""
    params = read_document(workspace.params)
    params[section] |= changes
    workspace.params.write_text(yaml.safe_dump(params), encoding="utf-8")
    pin(workspace)


def empty_backend(folder: Path) -> Path:
    """Return a database of MLflow with its tables made: they take seconds, a copy takes none."""
    with embedded():
        connect(folder)
    return folder / ".lockstep" / "mlflow.db"


@contextmanager
def embedded(uri: str | None = None) -> Iterator[None]:
    """Let MLFLOW_TRACKING_URI be the given one, or none at all."""
    with patch.dict(os.environ):
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        os.environ |= {"MLFLOW_TRACKING_URI": uri} if uri else {}
        yield


def copy_of(workspace: Workspace, database: Path, folder: Path) -> Workspace:
    """Return a copy with an empty MLflow of its own."""
    shutil.copytree(workspace.root, folder)
    (folder / ".lockstep").mkdir(exist_ok=True)
    shutil.copy(database, folder / ".lockstep" / "mlflow.db")
    return Workspace(folder)


def publish_here(workspace: Workspace, *, trials: bool = False) -> Published:
    """Publish what the workspace holds, in this process."""
    return publish(connect(workspace.root), gather(workspace), trials=trials)


def start(workspace: Workspace, *, trials: bool = True, kill_after: tuple[str, int] | None = None) -> BaseProcess:
    """Publish in a process of its own, which kills itself after so many calls of a method of MLflow's client."""
    process = CONTEXT.Process(
        target=_publish, args=(workspace, trials, kill_after, os.environ.get("MLFLOW_TRACKING_URI")), daemon=True
    )
    process.start()
    return process


def _publish(workspace: Workspace, trials: bool, kill_after: tuple[str, int] | None, uri: str | None) -> None:
    with embedded(uri):
        if kill_after:
            from mlflow import MlflowClient

            arm(MlflowClient, *kill_after)
        publish_here(workspace, trials=trials)


def arm(owner: Any, method: str, calls: int) -> None:
    """Let this process kill itself after so many calls of a method of a class."""
    done, original = [], getattr(owner, method)

    def deadly(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        done.append(method)
        if len(done) == calls:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, method, deadly)


def runs(backend: Backend, *, nested: bool = False) -> list[Any]:
    """Return the runs that nobody has deleted: those of results, or those of trials."""
    client = backend.client
    found = client.search_runs([item.experiment_id for item in client.search_experiments()])
    return [run for run in found if ("mlflow.parentRunId" in run.data.tags) == nested]


def models(backend: Backend) -> list[Any]:
    """Return the models that nobody has deleted."""
    client = backend.client
    return list(client.search_logged_models([item.experiment_id for item in client.search_experiments()]))


def artifacts(backend: Backend, run_id: str, folder: Path) -> Path:
    """Return a folder with all artifacts of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(backend.client.download_artifacts(run_id, "", str(folder)))
