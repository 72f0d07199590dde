"""`lockstep stage track`, trials off, against a bare script that logs the same by MLflow's fluent calls.

    python benchmarks/bench_track.py [--times 3]

Both are processes of their own, on a warm disk and a SQLite database whose tables are made; a fresh copy each time. The
peer logs the same parameters, metrics, files and model in as many calls as a tutorial would, and proves nothing.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
WANTED = 6.0  # seconds
COPIED = ("params.yaml", "dvc.yaml", "dvc.lock", "data")
OURS = [sys.executable, "-c", "import sys; from lockstep.cli import main; sys.argv[1:] = ['stage', 'track']; main()"]
PEER = """\
import json, sys
import mlflow, mlflow.onnx, onnx
mlflow.set_tracking_uri("sqlite:///" + sys.argv[1] + "/.lockstep/mlflow.db")
mlflow.create_experiment("peer", sys.argv[1] + "/.lockstep/artifacts")
mlflow.set_experiment("peer")
values = json.load(open("values.json"))
with mlflow.start_run():
    mlflow.log_params(values["params"])
    for name, value, step in values["metrics"]:
        mlflow.log_metric(name, value, step=step)
    for folder in ("models/model", "reports/report", "reports/evaluation", "reports/drift", "models/search"):
        mlflow.log_artifacts("data/" + folder, folder)
    mlflow.onnx.log_model(onnx.load("data/models/model/model.onnx"), name="model", pip_requirements=["onnxruntime"])
"""


def seconds(command: list[str], folder: Path) -> float:
    """Return how long a process takes."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment | quiet, check=True, capture_output=True)
    return time.perf_counter() - started


def copy(folder: Path) -> None:
    """Make a workspace with what the peer needs as JSON, and an MLflow whose tables are made."""
    from lockstep.core.workspace import Workspace
    from lockstep.pipeline.track.backend import connect
    from lockstep.pipeline.track.gather import gather

    for name in COPIED:
        path = ROOT / name
        shutil.copytree(path, folder / name) if path.is_dir() else shutil.copy(path, folder / name)
    result = gather(Workspace(folder))
    metrics = [(measure.name, measure.value, measure.step) for measure in result.measures]
    params = {name.replace("$", ""): text for name, text in result.params.items()}

    (folder / "values.json").write_text(json.dumps({"params": params, "metrics": metrics}), encoding="utf-8")
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    connect(folder)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description="lockstep stage track against a bare script.")
    parser.add_argument("--times", type=int, default=3, help="of each; the median counts")
    times = parser.parse_args().times
    ours, theirs, again = [], [], []
    with tempfile.TemporaryDirectory() as name:
        made = Path(name) / "made"
        made.mkdir()
        copy(made)
        for turn in range(times):
            folder = Path(name) / str(turn)
            shutil.copytree(made, folder)
            ours.append(seconds(OURS, folder))
            again.append(seconds(OURS, folder))
            theirs.append(seconds([sys.executable, "-c", PEER, str(folder)], folder))
    own, repeat, peer = map(statistics.median, (ours, again, theirs))
    print(f"track: a new result {own:.2f} s, one that is there {repeat:.2f} s; bare MLflow script {peer:.2f} s")
    print(f"  {own / peer:.2f} times the bare script; at most {WANTED:g} s: {'kept' if own <= WANTED else 'MISSED'}")


if __name__ == "__main__":
    main()
