"""The flow against `dvc repro`, and against a plain script that calls the same stages without DVC and Prefect.

Each runs in a fresh clone of HEAD without a cache, as a process of its own; the flow on a server that is up. The better
of the rounds counts, for all. Then the flow again, with nothing to do, and two stages that do not need each other.

    python benchmarks/bench_flow.py [customers] [rounds]
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML

from lockstep.core.commands import environment_of

ROOT = Path(__file__).parents[1]

PLAIN = """
import importlib
from lockstep.core.spec import load
from lockstep.core.progress import Progress
from lockstep.core.workspace import Workspace
for name in ("simulate", "ingest", "process", "features", "tune", "train", "evaluate", "drift", "report"):
    stage = importlib.import_module(f"lockstep.pipeline.{name}.stage")
    stage.run(load(stage.Inputs, Workspace().params), Workspace(), Progress(name))
"""
SLEEPER = '  {name}: {{cmd: "sleep 3; echo > {name}.txt", deps: [params.yaml], outs: [{name}.txt]}}\n'

COMMANDS = {
    "plain script": [sys.executable, "-c", PLAIN],
    "dvc repro": ["dvc", "repro"],
    "flow": [sys.executable, "-m", "flows.pipeline"],
}


def main() -> None:
    """Measure all in one run and print ratios."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else None
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PREFECT_HOME"] = f"{folder}/prefect"
        from lockstep.orchestrate.server import embedded

        with embedded(Path(folder)) as url:
            _measure(Path(folder), {"PREFECT_API_URL": url}, customers, rounds)


def _measure(folder: Path, environment: Mapping[str, str], customers: int | None, rounds: int) -> None:
    best: dict[str, float] = {}
    for number in range(rounds):
        for name, command in COMMANDS.items():
            clone = _clone(folder / f"{name.replace(' ', '-')}{number}", customers)
            best[name] = min(best.get(name, float("inf")), _time(command, clone, environment))
    plain, repro, flow = best.values()
    print(f"{'default' if customers is None else f'{customers:,}'} customers, best of {rounds}:")
    print(f"  plain script {plain:.1f} s, dvc repro {repro:.1f} s, flow {flow:.1f} s")
    print(f"  flow over dvc repro: {flow - repro:+.1f} s, {(flow - repro) / 9:+.2f} s a stage")
    print(f"  flow against the plain script: {flow / plain:.2f} times its time")
    print(f"  flow with nothing to do: {_time(COMMANDS['flow'], clone, environment):.1f} s, with its process's start")
    one, two = (_sleeping(names, clone, environment) for names in (["only"], ["left", "right"]))
    print(f"  a stage that sleeps 3 s: {one:.1f} s; two of them, side by side: {two:.1f} s")


def _sleeping(names: list[str], clone: Path, environment: Mapping[str, str]) -> float:
    stages = "".join(SLEEPER.format(name=name) for name in names)
    (clone / "dvc.yaml").write_text(f"stages:\n{stages}", encoding="utf-8")
    return _time(COMMANDS["flow"], clone, environment)


def _clone(path: Path, customers: int | None) -> Path:
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(path)], check=True)
    if customers is not None:
        yaml = YAML()
        params = yaml.load(path / "params.yaml")
        params["simulate"]["customers"] = customers
        yaml.dump(params, path / "params.yaml")
    return path


def _time(command: list[str], clone: Path, environment: Mapping[str, str]) -> float:
    environment = {**environment_of(clone), **environment}
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[:3]} failed in {clone}\n{done.stdout.decode()}\n{done.stderr.decode()}")
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
