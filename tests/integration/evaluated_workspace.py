"""A workspace as the stages before `evaluate` leave it: small, with hostile names, with a real model."""

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from lockstep.artifacts.schema import DEFINITION, FeatureSchema
from lockstep.core.manifest import Manifest, describe
from lockstep.core.progress import Progress
from lockstep.core.spec import load
from lockstep.core.workspace import Workspace
from lockstep.pipeline.evaluate import stage as evaluate
from lockstep.pipeline.train import stage as train
from lockstep.tasks import registry
from tests import commands
from tests.unit.evaluation.samples import DROP, SCRIPT, make_frame, make_schema

ROOT = Path(__file__).parents[2]
LINEAR = {"binary": "logistic", "multiclass": "logistic", "regression": "ridge"}
TRIALS = """trial,estimator,score,pruned,reached,rounds,{name}
0,x,0.6,False,0.6,,0.1
1,x,0.5,False,0.5,,0.3
2,x,,True,0.7,,4.0
"""
SEARCHED = {"logistic": "C", "ridge": "alpha"}


def build(root: Path, task: str = "binary", *, events: bool = True, **evaluate_section: Any) -> Workspace:
    """Return a workspace with features and a trained model."""
    workspace = Workspace(root)
    write_params(workspace, task, events=events, **evaluate_section)
    write_features(workspace, task, events=events)
    workspace.search.mkdir(parents=True)
    estimator = LINEAR[task]
    found = {"score": 0.5, "trial": 1, "rounds": None, "params": {SEARCHED[estimator]: 0.3}, "importance": {}}
    metric = next(iter(registry.task(task).search))
    best = {"metric": metric, "estimator": estimator, "by_estimator": {estimator: found}}
    (workspace.search / "best_params.json").write_text(json.dumps(best))
    (workspace.search / "trials.csv").write_text(
        TRIALS.replace(",x,", f",{estimator},").format(name=f"{estimator}.{SEARCHED[estimator]}")
    )
    train.run(load(train.Inputs, workspace.params), workspace, Progress("train"))
    return workspace


def write_params(workspace: Workspace, task: str, *, events: bool = True, **evaluate_section: Any) -> None:
    """Write the project's own params.yaml with what this workspace differs in."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["train"]["estimator"] = LINEAR[task]
    params["tune"] |= {"metric": None, "space": {LINEAR[task]: {SEARCHED[LINEAR[task]]: {"low": 0.1, "high": 9}}}}
    params["problem"]["name"] = f"churn of {SCRIPT}"
    if task == "regression":
        params["problem"] |= {"task": task, "label": {"event": "orders", "measure": "count", "horizon": "30d"}}
    if task == "multiclass" or not events:
        label = {"column": SCRIPT} | ({"positive": "yes"} if task == "binary" else {})
        params["problem"] |= {"task": task, "label": label, "eligible": None}
        params["source"] = {"url": "${HERE}", "tables": {"flat": {"kind": "flat", "key": "customer_id"}}}
        params["simulate"]["enabled"] = False
        params["features"] = {}
        params["split"] = {"by": "random", "valid": 0.2, "test": 0.2}
        params["problem"]["entity"] = "customer_id"
    section = {"bootstrap": 100, "segments": ["plan", SCRIPT, "spend"], "gates": {"beat_baselines": True}}
    params["evaluate"] = section | evaluate_section
    workspace.params.write_text(yaml.safe_dump(params), encoding="utf-8")


def write_features(workspace: Workspace, task: str, *, events: bool = True) -> FeatureSchema:
    """Write the features directory; a flat table has no rows to predict."""
    schema = make_schema(task, events=events)
    cutoffs = {"train": "2025-01-01", "valid": "2025-03-01", "test": "2025-05-01", "current": "2025-06-30"}
    frames = {
        name: make_frame(task, 400 if name == "train" else 150, seed, cutoff=cutoffs[name] if events else None)
        for seed, name in enumerate(cutoffs)
    }
    if events:  # a second snapshot of the same entities: rows that belong together
        later = make_frame(task, 150, 9, cutoff="2025-05-31")
        frames["test"] = pd.concat([frames["test"], later], ignore_index=True)
    frames["current"] = frames["current"].drop(columns="label").iloc[: None if events else 0]
    frames["reference"] = frames["train"]
    workspace.features.mkdir(parents=True)
    for name, frame in frames.items():
        frame.to_parquet(workspace.features / f"{name}.parquet", index=False)
    schema.write(workspace.features)
    (workspace.features / DEFINITION).write_text("{}\n")  # the model pins its digest, and does not read it
    tables = {name: describe(workspace.features / f"{name}.parquet") for name in frames}
    Manifest(as_of=None, tables=tables).write(workspace.features)
    return schema


def write_tables(workspace: Workspace) -> None:
    """Write raw and processed tables with rejects of a hostile column."""
    for directory, rows in ((workspace.raw, 100), (workspace.processed, 90)):
        directory.mkdir(parents=True)
        times = pd.date_range("2025-01-01", periods=rows, freq="h", unit="us")
        pd.DataFrame({"order_id": range(rows), "at": times}).to_parquet(directory / "orders.parquet", index=False)
        Manifest(as_of=None, tables={"orders": describe(directory / "orders.parquet", "at")}).write(directory)
    columns = {
        SCRIPT: {"type": "float64", "missing": 9, "missing_share": 0.1, "distinct": 50, "min": -1.5, "max": 7.25,
                 "mean": 2.0, "std": 1.0, "outliers": {"low": -2.0, "high": 8.0, "rows": 3}},
        DROP: {"type": "string", "missing": 0, "missing_share": 0.0, "distinct": 2, "top": []},
    }  # fmt: skip
    rejects = {SCRIPT: {"greater_than(0)": 6}, DROP: {"isin(['<b>'])": 4}}
    quality = {"rows_in": 100, "rows_out": 90, "rejected": 10, "rejects": rejects, "columns": columns}
    (workspace.processed / "quality.json").write_text(json.dumps({"orders": quality}), encoding="utf-8")


def run_evaluate(workspace: Workspace) -> None:
    """Run the stage in this process."""
    evaluate.run(load(evaluate.Inputs, workspace.params), workspace, Progress("evaluate"))


def run_cli(workspace: Workspace, *stages: str, **environment: str) -> None:
    """Run stages in a new process in the workspace, as `dvc repro` does."""
    for stage in stages:
        done = commands.run(["lockstep", "stage", stage], workspace.root, os.environ | environment)
        assert done.returncode == 0, done.stderr


def contents(directory: Path) -> dict[str, bytes]:
    """Return the bytes of every file below `directory`."""
    files = sorted(path for path in directory.rglob("*") if path.is_file() and not path.name.endswith(".lock"))
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}
