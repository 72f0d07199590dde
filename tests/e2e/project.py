"""A checkout of its own for a test: the project's files, a git history, tiny parameters, real commands."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests import commands

ROOT = Path(__file__).parents[2]
QUIET = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@t"}

TINY = {
    "simulate.customers": 700,
    "features.cutoffs.last": 7,
    "tune.trials": 3,
    "tune.folds": 2,
    "train.rounds": 40,
    "train.early_stopping_rounds": 5,
    "train.learning_curve": [0.5],
    "train.seeds": 1,
    "evaluate.bootstrap": 100,
    "track.enabled": False,
}


@dataclass(frozen=True)
class Project:
    """A checkout, and how to run commands in it."""

    root: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment in the checkout."""
        done = commands.run(command, self.root, self.env(**environment))
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} exited with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def env(self, **environment: str) -> dict[str, str]:
        """Return the environment of a command."""
        own = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "COLUMNS": "200",
        }
        return os.environ | QUIET | own | dict(self.environment) | environment

    def set(self, **changes: Any) -> None:
        """Set dotted keys of params.yaml, dots written as two underscores."""
        edit(self.root / "params.yaml", {key.replace("__", "."): value for key, value in changes.items()})

    def lock(self) -> dict[str, dict[str, str]]:
        """Return stage -> output -> hash."""
        stages = YAML(typ="safe").load(self.root / "dvc.lock")["stages"]
        return {name: {out["path"]: out["md5"] for out in stage.get("outs", [])} for name, stage in stages.items()}

    def ran(self, output: str) -> list[str]:
        """Return the stages that `dvc repro` ran, from what it printed."""
        return [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")]

    def commit(self, message: str = "work") -> None:
        """Commit everything that git does not ignore."""
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", message)

    def copy(self, to: Path) -> "Project":
        """Return a copy of the whole folder, DVC's cache with it."""
        shutil.copytree(self.root, to, symlinks=True)
        return Project(to, self.environment)


def make_project(folder: Path, changes: Mapping[str, Any], example: Path | None = None) -> Project:
    """Return a checkout of the project's files as they are now, with the given parameters."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / "dvc.lock").unlink(missing_ok=True)
    if example is not None:
        shutil.rmtree(folder / "contracts")
        shutil.copytree(example, folder, dirs_exist_ok=True)
    edit(folder / "params.yaml", changes)
    project = Project(folder)
    project.run("git", "init", "-q", "-b", "main")
    project.commit("start")
    return project


def edit(file: Path, changes: Mapping[str, Any]) -> None:
    """Set dotted keys of a YAML file, and leave the rest as it is written."""
    yaml = YAML()
    document = yaml.load(file)
    for key, value in changes.items():
        *parents, last = key.split(".")
        section = document
        for parent in parents:
            section = section[parent]
        section[last] = value
    yaml.dump(document, file)
