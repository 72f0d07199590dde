"""A pipeline that can be held in the middle of a stage, and what must hold after an accident."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from lockstep.orchestrate.running.holder import Holder
from lockstep.orchestrate.running.process import WORKSPACE
from tests.e2e.project import Project
from tests.flows.server import Server
from tests.flows.tiny import FlowRun, awaited, clean_here, flow_here, lock_of, repro_here, tiny_project, write

PIPELINE = """\
stages:
  slow:
    cmd: python writer.py
    deps: [source.txt]
    outs: [slow]
    meta: {retries: 2, retry_delay: 0s}
  after:
    cmd: cat slow/* > after.txt
    deps: [slow]
    outs: [after.txt]
"""

WRITER = """\
import signal, sys, time
from pathlib import Path
from lockstep.core.files import whole_directory

signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # as `lockstep stage` does
with whole_directory(Path("slow")) as partial:
    (partial / "one").write_text("half of it")
    while Path("hold").exists():
        time.sleep(0.02)
    (partial / "two").write_bytes(Path("source.txt").read_bytes())
"""
"""Writes as the real stages do: whole or absent, half of it in a hidden directory meanwhile."""

HALF = Path(".slow.partial") / "one"


def held_project(folder: Path) -> Project:
    """Return a project whose stage `slow` stays in its middle for as long as there is a file `hold`."""
    project = tiny_project(folder, PIPELINE)
    write(project, "writer.py", WRITER)
    project.commit("writer")
    write(project, "hold", "")
    return project


def undisturbed_lock(folder: Path) -> bytes:
    """Return the dvc.lock that `dvc repro` writes where nothing happens."""
    project = held_project(folder)
    let_go(project)
    repro_here(project)
    return lock_of(project)


def let_go(project: Project) -> None:
    (project.root / "hold").unlink()


def is_in_the_middle(project: Project) -> bool:
    return (project.root / HALF).exists()


@contextmanager
def meanwhile(happen: Callable[[], Any]) -> Iterator[None]:
    """Let something happen while the block runs the flow; what goes wrong with it is raised afterwards."""
    with ThreadPoolExecutor(1) as thread:
        happened = thread.submit(happen)
        yield
        happened.result()


def workers(project: Project) -> list[psutil.Process]:
    """Return what runs on behalf of a flow in this workspace, what is dying not counted."""
    return [process for process in psutil.process_iter() if _is_of(process, project)]


def stage_process(project: Project, *command: str) -> psutil.Process | None:
    """Return the process of a stage, if it runs.

    Args:
        project: in which it works.
        command: the last words of its command line.
    """
    found = (process for process in workers(project) if _command(process)[-len(command) :] == [*command])
    return next(found, None)


def dvc_process(stage: psutil.Process) -> psutil.Process:
    """Return the DVC that has started a stage: it leads a session of its own."""
    return psutil.Process(os.getsid(stage.pid))


def last_run(project: Project) -> Holder:
    """Return the flow run that had the workspace last."""
    return Holder.model_validate_json((project.root / ".lockstep" / "pipeline.lock").read_bytes())


def nothing_runs(project: Project) -> None:
    """Wait until every process that a flow started here has ended; it takes a moment to die."""
    awaited(lambda: workers(project), lambda found: not found)


def comes_through(project: Project, server: Server, reference: bytes) -> FlowRun:
    """Run the flow, and hold that it leaves what it would have left if nothing had happened."""
    run = flow_here(project, server)
    assert (run.state, run.states) == ("Completed", dict.fromkeys(run.states, "Completed")), run.message
    is_as_if_nothing_had_happened(project, reference)
    return run


def is_as_if_nothing_had_happened(project: Project, reference: bytes) -> None:
    assert lock_of(project) == reference
    assert clean_here(project)
    assert list(project.root.rglob(".*.partial")) == []
    assert workers(project) == []


def _is_of(process: psutil.Process, project: Project) -> bool:
    try:
        ours = process.environ().get(WORKSPACE) == str(project.root.resolve())
        return bool(ours and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False  # it has ended, or is somebody else's


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
