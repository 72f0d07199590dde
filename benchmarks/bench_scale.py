"""Tune, train and evaluate on many rows, against a bare `xgboost.train` of as many boosting rounds.

    python benchmarks/bench_scale.py [--rows 1000000] [--columns 100] [--trials 10] [--rounds 300] [--bare 100]

The stages run as processes of their own, as `dvc repro` starts them, on a features directory like the one that the
features stage writes. Each process counts the rounds that it boosts, those of pruned trials and of patience included.
The bare peer boosts on one QuantileDMatrix of all training rows with the means of the trials' hyperparameters; `--bare`
rounds are measured and scaled to the same number, for a round costs the same early and late. Folds hold fewer rows than
the peer's matrix and a search bins more coarsely: the second ratio charges the peer only for as many rows times rounds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from lockstep.artifacts.schema import Feature, FeatureSchema
from lockstep.core.manifest import Manifest, describe
from lockstep.core.workspace import Workspace

ROOT = Path(__file__).parents[1]
WANTED, WANTED_GB = 2.5, 6.0
CHUNK = 50_000
LEVELS = {
    "plan": ["basic", "plus", "max"],
    "country": ["at", "ch", "de", "fr", "it"],
    "city": [f"c{k}" for k in range(50)],
}
SHARES = {"train": 0.7, "valid": 0.1, "test": 0.2, "current": 0.0, "reference": 0.1}
FEWEST = 10 + len(LEVELS)  # columns
COUNTED = "BENCH_ROUNDS"  # names the file that a stage's process leaves its rounds in


@dataclass(frozen=True)
class Measured:
    """One stage's process.

    Attributes:
        seconds: of the wall.
        gigabytes: most memory that it held.
        rounds: that it boosted.
        cells: rows times rounds.
    """

    seconds: float
    gigabytes: float
    rounds: int
    cells: int


def make(workspace: Workspace, rows: int, columns: int) -> None:
    """Write the features directory, chunk by chunk."""
    workspace.features.mkdir(parents=True)
    numbers = [f"x{number}" for number in range(columns - len(LEVELS))]
    kinds = dict.fromkeys(numbers, "number") | dict.fromkeys(LEVELS, "category")
    features = tuple(Feature(name=name, kind=kind, origin="attribute") for name, kind in kinds.items())
    rng, names = np.random.default_rng(7), list(SHARES)
    for name in names:
        path = workspace.features / f"{name}.parquet"
        with pq.ParquetWriter(path, next(chunks(rng, 1, numbers)).schema) as writer:
            for table in chunks(rng, round(rows * SHARES[name]), numbers):
                writer.write_table(table)
    FeatureSchema(task="binary", key="id", cutoff=None, features=features).write(workspace.features)
    entries = {name: describe(workspace.features / f"{name}.parquet") for name in names}
    Manifest(as_of=None, tables=entries).write(workspace.features)


def chunks(rng: np.random.Generator, rows: int, numbers: list[str]) -> Iterator[pa.Table]:
    """Yield rows of which ten numbers and two categories matter; one number in twenty is missing."""
    for first in range(0, rows, CHUNK):
        count = min(CHUNK, rows - first)
        matrix = rng.standard_normal((count, len(numbers)), dtype=np.float32)
        codes = {name: rng.integers(0, len(levels), count) for name, levels in LEVELS.items()}
        signal = matrix[:, :6].sum(axis=1) + 2 * matrix[:, 6] * matrix[:, 7] + np.abs(matrix[:, 8]) * matrix[:, 9]
        signal += (codes["plan"] == 1) * 1.5 + (codes["city"] % 7 == 0) + rng.normal(0, 3, count)
        matrix[:, ::20][rng.random(matrix[:, ::20].shape) < 0.05] = np.nan
        columns: dict[str, Any] = {"id": rng.integers(0, 1 << 62, count)}
        columns |= {name: pa.array(matrix[:, k].astype(float), from_pandas=True) for k, name in enumerate(numbers)}
        columns |= {name: pa.array(np.array(LEVELS[name])[code]) for name, code in codes.items()}
        yield pa.table(columns | {"label": (signal > 2).astype(float)})


def write_params(workspace: Workspace, trials: int, rounds: int) -> None:
    """Write the project's own params.yaml, of a flat table."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["simulate"]["enabled"] = False
    params["source"] = {"url": ".", "tables": {"flat": {"kind": "flat", "key": "id"}}}
    label = {"column": "label", "positive": "1"}
    params["problem"] |= {"entity": "id", "label": label, "eligible": None}
    params["features"] = {}
    params["split"] = {"by": "random", "valid": 0.1, "test": 0.2}
    params["tune"]["trials"] = trials
    params["train"]["rounds"] = rounds
    params["evaluate"]["segments"] = ["plan", "country"]
    workspace.params.write_text(yaml.safe_dump(params), encoding="utf-8")


def stage(workspace: Workspace, name: str) -> Measured:
    """Run one stage in a process of its own."""
    counted = workspace.root / f"{name}.rounds.json"
    environment = {**os.environ, COUNTED: str(counted)}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), "stage", name], cwd=workspace.root, env=environment
    )
    _, status, usage = os.wait4(process.pid, 0)  # memory of this process only
    seconds = time.perf_counter() - started
    if status:
        raise SystemExit(f"stage {name} failed")
    found = json.loads(counted.read_text(encoding="utf-8"))
    return Measured(seconds, usage.ru_maxrss / 1024**2, found["rounds"], found["cells"])


def counting() -> None:
    """Run `lockstep stage ...` in this process, and write down the rounds that it boosts."""
    import xgboost as xgb

    from lockstep.cli import main as command

    counts, update = {"rounds": 0, "cells": 0}, xgb.Booster.update

    def counted(booster: xgb.Booster, train: xgb.DMatrix, *args: Any, **kwargs: Any) -> None:
        counts["rounds"] += 1
        counts["cells"] += train.num_row()
        update(booster, train, *args, **kwargs)

    xgb.Booster.update = counted  # type: ignore[method-assign]
    try:
        command()
    finally:
        Path(os.environ[COUNTED]).write_text(json.dumps(counts), encoding="utf-8")


def bare(workspace: Workspace, rounds: int) -> tuple[float, float, int]:
    """Return seconds to bin the training rows, seconds of a round on them, and how many rows there are."""
    import xgboost as xgb

    frame = pd.read_parquet(workspace.features / "train.parquet")
    label = frame.pop("label")
    matrix = pd.get_dummies(frame.drop(columns="id"), dtype=np.float32).to_numpy(np.float32)
    trials = pd.read_csv(workspace.search / "trials.csv")
    means = {
        name.removeprefix("xgboost."): trials[name].mean() for name in trials.columns if name.startswith("xgboost.")
    }
    params = {
        **means,
        "max_depth": round(means["max_depth"]),
        "objective": "binary:logistic",
        "nthread": os.cpu_count(),
    }
    started = time.perf_counter()
    data = xgb.QuantileDMatrix(matrix, label)
    binned = time.perf_counter()
    xgb.train(params, data, rounds)
    return binned - started, (time.perf_counter() - binned) / rounds, len(matrix)


def compare(workspace: Workspace, measured: dict[str, Measured], bare_rounds: int) -> None:
    """Print both ratios and the memory."""
    binning, of_a_round, rows = bare(workspace, bare_rounds)
    rounds, cells = (sum(getattr(one, part) for one in measured.values()) for part in ("rounds", "cells"))
    seconds, most = sum(one.seconds for one in measured.values()), max(one.gigabytes for one in measured.values())
    peers = {f"as many rounds, {rounds}": rounds, f"as many rows times rounds, as {cells / rows:.0f}": cells / rows}
    print(f"  bare xgboost.train: binning {binning:.2f} s, a round {of_a_round * 1000:.2f} ms on {rows:,} rows")
    for name, count in peers.items():
        theirs = binning + of_a_round * count
        print(f"    {name:40} {theirs:8.1f} s, ours {seconds / theirs:5.2f} times that")
    kept = seconds <= WANTED * (binning + of_a_round * rounds) and most <= WANTED_GB
    print(f"  at most {WANTED} times and {WANTED_GB:g} GB: {'kept' if kept else 'MISSED'}")


def arguments() -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description="Tune, train and evaluate on many rows against bare xgboost.train.")
    for name, default, told in (
        ("rows", 1_000_000, "of train, valid and test together"),
        ("columns", 100, "features, three of them categories"),
        ("trials", 10, "of the search"),
        ("rounds", 300, "most of one fit"),
        ("bare", 100, "rounds of the peer that are measured"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=told)
    asked = parser.parse_args()
    if asked.columns < FEWEST:
        parser.error(f"--columns: expected at least {FEWEST}, of which the label is made")
    return asked


def main() -> None:
    """Measure."""
    asked = arguments()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        make(workspace, asked.rows, asked.columns)
        write_params(workspace, asked.trials, asked.rounds)
        print(f"{asked.rows:,} rows x {asked.columns} columns, {asked.trials} trials, on {os.cpu_count()} processors")
        measured = {}
        for name in ("tune", "train", "evaluate"):
            one = measured[name] = stage(workspace, name)
            print(f"  {name:9} {one.seconds:8.1f} s  {one.gigabytes:5.2f} GB  {one.rounds:6} rounds", flush=True)
        compare(workspace, measured, asked.bare)


if __name__ == "__main__":
    counting() if COUNTED in os.environ else main()
