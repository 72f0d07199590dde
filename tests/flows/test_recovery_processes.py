"""Processes that are killed, terminated or cancelled in the middle of a stage leave nothing."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from uuid import UUID, uuid4

import psutil
import pytest

from lockstep.orchestrate.running.holder import Holder, held
from tests.e2e.project import Project
from tests.flows.forked import fork_flow
from tests.flows.held import (
    comes_through,
    dvc_process,
    held_project,
    is_in_the_middle,
    last_run,
    let_go,
    meanwhile,
    nothing_runs,
    stage_process,
    undisturbed_lock,
    workers,
)
from tests.flows.server import Server
from tests.flows.tiny import BEGUN, awaited, flow_here, id_of, read_run, said_until, start_flow, state_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows")]

LOCK = Path(".lockstep") / "pipeline.lock"
WAIT = 600.25  # seconds: the run that waits so long is ours


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return undisturbed_lock(tmp_path_factory.mktemp("reference") / "p")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return held_project(tmp_path / "p")


@contextmanager
def command(project: Project, server: Server) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Yield `python -m flows.pipeline`, when it is in the middle of its stage, and the name of its run."""
    with start_flow(project, server) as process:
        name = re.search(BEGUN, said_until(process, BEGUN))[1]
        awaited(lambda: is_in_the_middle(project), bool)
        yield process, name


def test_a_killed_stage_or_dvc_is_run_again_and_leaves_nothing(
    project: Project, reference: bytes, prefect_server: Server
) -> None:
    """The stage of the first try, the DVC of the second; the third one comes through."""

    def kill() -> None:
        for victim_of in (lambda stage: stage, dvc_process):
            stage = awaited(lambda: stage_process(project, "writer.py"), bool)
            awaited(lambda: is_in_the_middle(project), bool)
            victim_of(stage).kill()
            awaited(lambda stage=stage: stage in workers(project), lambda runs: not runs)
        let_go(project)

    with meanwhile(kill):
        run = comes_through(project, prefect_server, reference)
    assert {name: task.tries for name, task in run.tasks.items()} == {"slow": 3, "after": 1}


def test_sigterm_ends_the_stage_which_cleans_up_and_the_run_reports_it(
    project: Project, reference: bytes, prefect_server: Server
) -> None:
    process = fork_flow(project, prefect_server)
    awaited(lambda: is_in_the_middle(project), bool)
    process.terminate()
    process.join(60)
    assert process.exitcode == -signal.SIGTERM
    assert state_of(prefect_server, last_run(project).name) == "Crashed"
    nothing_runs(project)
    assert not is_in_the_middle(project)
    let_go(project)
    comes_through(project, prefect_server, reference)


def test_cancelling_a_run_that_no_deployment_started_ends_it(
    project: Project, reference: bytes, prefect_server: Server
) -> None:
    with command(project, prefect_server) as (process, run):
        prefect_server.set_state(id_of(prefect_server, run), "CANCELLING")
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 1, said
    assert state_of(prefect_server, run) == "Cancelled"
    tasks = awaited(lambda: read_run(prefect_server, run).states, lambda states: len(states) == 2)
    assert tasks["slow"] == "Cancelled"
    assert tasks["after"] in {"NotReady", "Cancelled"}  # by its upstream, or by the server, whichever came first
    nothing_runs(project)
    assert not is_in_the_middle(project)
    let_go(project)
    comes_through(project, prefect_server, reference)


def test_cancelling_a_run_that_waits_for_another_one_ends_it(project: Project, prefect_server: Server) -> None:
    def waiting() -> list[str]:
        running = prefect_server.find("flow_runs", flow_runs={"state": {"type": {"any_": ["RUNNING"]}}})
        return [run["id"] for run in running if run["parameters"].get("wait") == WAIT]

    def cancel() -> None:
        (run,) = awaited(waiting, bool)
        prefect_server.set_state(run, "CANCELLING")

    somebody = Holder(run=str(uuid4()), name="other", pid=1, host="elsewhere", since=datetime.now(UTC))
    with held(project.root, project.root / LOCK, somebody, 0, print, Event()), meanwhile(cancel):
        run = flow_here(project, prefect_server, wait=WAIT)
    assert (run.state, run.tasks) == ("Cancelled", {})


@pytest.mark.parametrize(("left", "becomes"), [("RUNNING", "Crashed"), ("CANCELLING", "Cancelled")])
def test_the_next_run_sets_the_final_state_of_a_killed_one(
    left: str, becomes: str, project: Project, prefect_server: Server
) -> None:
    """Its process went in good order, while the server was away."""
    let_go(project)
    run = prefect_server.add_run(left)
    with psutil.Popen(["true"]) as gone:
        holder = Holder(run=run, name="x", pid=gone.pid, host=socket.gethostname(), since=datetime.now(UTC))
    with held(project.root, project.root / LOCK, holder, 0, print, Event()):
        pass
    flow_here(project, prefect_server, targets=["nothing"])
    assert read_run(prefect_server, UUID(run)).state == becomes
