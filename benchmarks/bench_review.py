"""`lockstep review` of two pinned evaluations against the DVC commands that a reviewer would run instead.

    python benchmarks/bench_review.py                 # the checkout's own predictions, then a million
    python benchmarks/bench_review.py --rows 100000

A clone of this checkout gets two branches whose evaluations differ, pinned by `dvc commit`; nothing of the checkout is
changed. The peer is `dvc params diff`, `dvc metrics diff` and `dvc diff`, which compare no predictions.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
PREDICTIONS = Path("data/reports/evaluation/predictions.parquet")
WANTED = {0: 6.0, 1_000_000: 20.0}  # seconds by rows; 0: as many as there are
PEER = (["dvc", "params", "diff"], ["dvc", "metrics", "diff"], ["dvc", "diff"])
REPEATS = 3


def call(folder: Path, *command: str) -> None:
    """Run a program of this environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    identity = {f"GIT_{who}_{what}": "bench" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        command, cwd=folder, env=os.environ | identity | {"PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")


def project(folder: Path, rows: int) -> Path:
    """Return a clone with the branches `old` and `new`, each with `rows` predictions; 0: the existing ones."""
    root = folder / "project"
    call(folder, "git", "clone", "--quiet", str(ROOT), str(root))
    shutil.copytree(ROOT / ".dvc" / "cache", root / ".dvc" / "cache")
    call(root, "dvc", "checkout", "--quiet")
    for name, noise in (("old", 0.02), ("new", 0.03)):
        call(root, "git", "checkout", "--quiet", "-B", name, "origin/HEAD")
        call(root, "dvc", "checkout", "--quiet")
        predictions(root / PREDICTIONS, rows, noise)
        call(root, "dvc", "commit", "--force", "--quiet", "evaluate")
        call(root, "git", "commit", "--quiet", "--all", "--message", name)
    return root


def predictions(path: Path, rows: int, noise: float) -> None:
    """Add noise to every prediction; for more rows, repeat all of them for other customers."""
    frame = pd.read_parquet(path)
    wanted = rows or len(frame)
    repeats = -(-wanted // len(frame))
    large = pd.concat([frame] * repeats, ignore_index=True)
    entity = str(frame.columns[0])
    large[entity] += np.repeat(np.arange(repeats), len(frame)) * (int(frame[entity].max()) + 1)
    score = [name for name in frame.columns if name.startswith("model_")]
    random = np.random.default_rng(0)
    large[score] = (large[score] + random.normal(0, noise, (len(large), len(score)))).clip(0, 1).round(6)
    large.head(wanted).to_parquet(path, index=False)


def seconds(root: Path, *commands: list[str]) -> float:
    """Return the best total wall time of all commands."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        for command in commands:
            call(root, *command, "old", "new")
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description="lockstep review against DVC's own diffs.")
    parser.add_argument("--rows", type=int, nargs="*", default=list(WANTED), help="predictions; 0: as there are")
    for rows in parser.parse_args().rows:
        with tempfile.TemporaryDirectory() as folder:
            root = project(Path(folder), rows)
            mine, theirs = seconds(root, ["lockstep", "review"]), seconds(root, *PEER)
            limit = WANTED.get(rows)
            verdict = "" if limit is None else f", {limit:g} s asked: {'kept' if mine <= limit else 'MISSED'}"
            name = f"{rows:,} predictions" if rows else "the checkout's predictions"
            print(f"{name}: review {mine:.1f} s, DVC's three diffs {theirs:.1f} s, ratio {mine / theirs:.2f}{verdict}")


if __name__ == "__main__":
    main()
