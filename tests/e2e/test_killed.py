"""`kill -9` in the middle of each stage: nothing looks finished, and the next `dvc repro` gives the same hashes."""

import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests import commands
from tests.e2e.project import Project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("killed")]

OUTPUT = {
    "simulate": "source",
    "ingest": "raw",
    "process": "processed",
    "features": "features",
    "tune": "models/search",
    "train": "models/model",
    "evaluate": "reports/evaluation",
    "drift": "reports/drift",
    "report": "reports/report",
}


@pytest.fixture
def workbench(built: Project, tmp_path: Path) -> Project:
    """Return a copy whose stages are all killed."""
    return built.copy(tmp_path / "shop")


def partial_of(project: Project, stage: str) -> Path:
    path = project.root / "data" / OUTPUT[stage]
    return path.with_name(f".{path.name}.partial")


def kill_in_the_middle(project: Project, stage: str) -> None:
    """Kill DVC and the stage as soon as the stage has begun to write; anew where it was done before it was hit."""
    for _ in range(10):
        if hit_while_it_writes(project, stage):
            return
    raise AssertionError("the stage always ended before it could be killed")


def hit_while_it_writes(project: Project, stage: str) -> bool:
    command = ["dvc", "repro", "--force", "--single-item", stage]
    with commands.start(command, project.root, project.env()) as process:
        deadline = time.monotonic() + 120
        while not partial_of(project, stage).exists():
            if process.poll() is not None:
                return False
            assert time.monotonic() < deadline
            time.sleep(0.001)
        # DVC first: one that outlives its child cleans up after it, and could be hit while it rewrites its lock file
        children = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGKILL)
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(children, timeout=60)
    return partial_of(project, stage).exists()


def test_the_next_run_gives_the_same_hashes(workbench: Project) -> None:
    before = workbench.lock()
    for stage in reversed(OUTPUT):  # a stage needs what those before it made
        kill_in_the_middle(workbench, stage)
        assert not (workbench.root / "data" / OUTPUT[stage]).exists(), f"{stage}: half an output looks finished"
    workbench.run("dvc", "repro", "--force")  # made anew, not taken from the cache
    assert workbench.lock() == before
    assert workbench.run("dvc", "status").stdout.strip() == "Data and pipelines are up to date."
    assert workbench.run("git", "status", "--porcelain").stdout == ""
    assert [stage for stage in OUTPUT if partial_of(workbench, stage).exists()] == []


def test_a_stage_left_over_by_a_killed_dvc_does_not_write_beside_the_next_one(project: Project) -> None:
    """Only DVC is killed: its child goes on. The next run waits for it, or comes before it, never beside it."""
    before = project.lock()
    shutil.rmtree(project.root / "data" / "models" / "search")
    command = ["dvc", "repro", "--force", "--single-item", "tune"]
    with commands.start(command, project.root, project.env()) as process:
        deadline = time.monotonic() + 60
        while not (orphans := psutil.Process(process.pid).children(recursive=True)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    project.run("dvc", "repro")
    psutil.wait_procs(orphans, timeout=60)
    assert project.lock() == before
    assert project.run("dvc", "status").stdout.strip() == "Data and pipelines are up to date."
