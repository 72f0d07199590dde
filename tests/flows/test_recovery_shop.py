"""`kill -9` of the flow in the middle of real stages: the next one finishes it, with the same hashes."""

import shutil
import time
from pathlib import Path
from uuid import UUID

import pytest

from tests.e2e.project import Project
from tests.e2e.test_killed import OUTPUT, partial_of
from tests.e2e.test_repro import STAGES
from tests.flows.forked import fork_flow
from tests.flows.held import is_as_if_nothing_had_happened, last_run, nothing_runs, stage_process
from tests.flows.server import Server
from tests.flows.tiny import flow_here, lock_of, read_run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows-shop")]

PATIENCE = 120.0


@pytest.fixture
def emptied(shop: Project, tmp_path: Path) -> Project:
    """Return a checkout with the dvc.lock of an undisturbed run, and with nothing of what that pins."""
    project = shop.copy(tmp_path / "shop")
    shutil.rmtree(project.root / ".dvc" / "cache")
    for output in OUTPUT.values():
        shutil.rmtree(project.root / "data" / output)
    return project


def kill_in_the_middle(project: Project, server: Server, stage: str) -> UUID:
    """Run the flow, kill it when the stage has begun to write, and return the id of its run."""
    flow = fork_flow(project, server, targets=[stage])
    deadline = time.monotonic() + PATIENCE
    try:
        while (process := stage_process(project, "stage", stage)) is None:
            assert flow.is_alive(), "the flow ended before the stage began"
            assert time.monotonic() < deadline
            time.sleep(0.1)
        while not partial_of(project, stage).exists():
            assert process.is_running(), "the stage ended before the flow could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.001)
        process.suspend()  # it could come to its own end while the flow comes to its
    finally:
        flow.kill()
        flow.join()
    return UUID(last_run(project).run)


def test_each_flow_completes_the_work_of_the_killed_one(
    emptied: Project, shop: Project, prefect_server: Server
) -> None:
    died = {}
    # Every second stage: tests/e2e/test_killed.py kills each. `track` writes nothing here that could be half there.
    writing = list(OUTPUT)[::2]
    for stage in writing:
        died[stage] = kill_in_the_middle(emptied, prefect_server, stage)
        nothing_runs(emptied)
        assert partial_of(emptied, stage).exists()
        assert not (emptied.root / "data" / OUTPUT[stage]).exists(), f"{stage}: half an output looks finished"
    run = flow_here(emptied, prefect_server)
    assert run.states == dict.fromkeys(STAGES, "Cached") | {writing[-1]: "Completed"}, run.message
    is_as_if_nothing_had_happened(emptied, lock_of(shop))
    for stage, earlier in died.items():
        assert read_run(prefect_server, earlier).state == "Crashed", stage
