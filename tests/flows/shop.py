"""The tiny shop for the flows that work beside the user's checkout: copies with one DVC cache, and ways to run."""

import importlib
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import Project
from tests.flows.server import Server
from tests.flows.tiny import inside, read_artifacts

AS_OF = "2025-07-31"
"""A month after the champion's."""


@dataclass(frozen=True)
class Ended:
    """How a flow run ended."""

    id: str
    state: str
    message: str
    artifacts: Mapping[str, Any]


@dataclass(frozen=True)
class Shops:
    """Makes copies of the built shop, whose stages find in one cache what those of another copy have made."""

    built: Project
    cache: Path

    def copy(self, folder: Path) -> Project:
        """Return a project of its own, clean, with the results of `dvc repro` committed."""
        shutil.copytree(self.built.root, folder, symlinks=True, ignore=shutil.ignore_patterns("cache"))
        (folder / ".dvc" / "config.local").write_text(f"[cache]\n    dir = {self.cache}\n")
        return Project(folder)


@pytest.fixture(scope="session")
def shops(shop: Project, tmp_path_factory: pytest.TempPathFactory) -> Shops:
    """Return the maker of copies; the tests of a session share what they compute."""
    cache = tmp_path_factory.mktemp("shops") / "cache"
    shutil.copytree(shop.root / ".dvc" / "cache", cache, symlinks=True)
    return Shops(shop, cache)


def run_here(name: str, project: Project, server: Server, **params: Any) -> Ended:
    """Run the flow of that name in this process, in the project's folder."""
    flow = getattr(importlib.import_module(f"flows.{name}"), name)
    with server.chosen(), inside(project):
        state = flow(**params, return_state=True)
    run = state.state_details.flow_run_id
    return Ended(str(run), state.name, state.message or "", read_artifacts(server, run))


def start(name: str, project: Project, server: Server, **params: Any) -> "subprocess.Popen[str]":
    """Start `python -m flows.NAME`, output and errors in one pipe."""
    given = [text for key, value in params.items() for text in ("-p", f"{key}={value}")]
    return subprocess.Popen(
        [sys.executable, "-m", f"flows.{name}", *given],
        cwd=project.root,
        env=project.env(**server.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
