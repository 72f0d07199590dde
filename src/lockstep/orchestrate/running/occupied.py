"""Exclusive use of a workspace by one flow run, cleaned up first if the previous run was killed."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from prefect import get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run
from prefect.states import Cancelled, Crashed

from lockstep.orchestrate.dvc_repo.cached_objects import damaged, set_aside
from lockstep.orchestrate.dvc_repo.repair import repair, set_aside_folder
from lockstep.orchestrate.running.cancelling import cancellation
from lockstep.orchestrate.running.holder import Holder, held
from lockstep.orchestrate.running.process import GRACE, WORKSPACE

OPEN = TaskRunFilter(state=TaskRunFilterState(type=TaskRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING])))


@contextmanager
def occupied(root: Path, patience: float, *, lock: Path | None = None, rehash: bool = False) -> Iterator[None]:
    """Hold the workspace for the current flow run, after removing what a killed one left in it.

    Args:
        root: of the project.
        patience: seconds to wait for another flow run.
        lock: the lock file, if it cannot lie inside the workspace because the workspace is temporary.
        rehash: verify the hash of every pinned object in DVC's cache; the stage of a damaged one runs again.

    Raises:
        TransientError: another flow run holds the workspace; the message names it.
        StoppedError: the run was cancelled while it waited.
    """
    log = get_run_logger()
    with _taken(root, lock or root / ".lockstep" / "pipeline.lock", patience) as before:
        if before and not before.let_go:
            log.warning("%s ended without releasing the workspace", before)
        if before and before.has_ended():
            _settle(before)
        for orphan in end_orphans(root):
            log.warning("killed process %s, left over from a killed flow run", orphan)
        for done in repair(root):
            log.warning(done)
        if rehash:
            set_aside_damaged(root, root)
        yield


def set_aside_damaged(root: Path, keep: Path) -> bool:
    """Move objects whose content does not match their hash out of DVC's cache, so that their stages run again.

    Args:
        root: of the project.
        keep: root of the checkout that keeps them for inspection.

    Returns:
        Whether there were any.
    """
    found = damaged(root)
    if found:
        folder = set_aside_folder(keep)
        set_aside(found, folder)
        for damage in found:
            get_run_logger().warning("damaged in DVC's cache, set aside in %s: %s", folder, damage)
    return bool(found)


def end_orphans(workspace: Path) -> list[str]:
    """Kill processes that a killed flow run left running in a workspace, and return their names.

    Call it only while holding the workspace: then no living flow run owns such a process.
    """
    mine = {process.pid for process in psutil.Process().children(recursive=True)} | {os.getpid()}
    orphans = [
        process for process in psutil.process_iter() if process.pid not in mine and _works_in(process, workspace)
    ]
    named = [f"{process.pid} ({' '.join(_command(process))[:120]})" for process in orphans]
    for process in orphans:
        with _ignoring_ended():
            process.kill()
    psutil.wait_procs(orphans, timeout=GRACE)
    return named


@contextmanager
def _taken(root: Path, lock: Path, patience: float) -> Iterator[Holder | None]:
    with ExitStack() as stack:
        with cancellation() as cancelled:
            before = stack.enter_context(held(root, lock, _this_run(), patience, get_run_logger().info, cancelled))
        yield before


def _this_run() -> Holder:
    return Holder(
        run=str(flow_run.id),
        name=str(flow_run.name),
        pid=os.getpid(),
        host=socket.gethostname(),
        since=datetime.now(UTC),
    )


def _settle(before: Holder) -> None:
    """Set the final states that the killed process could not report. Another server may not know the run."""
    message = f"Process {before.pid} on {before.host} ended without reporting a state."
    crashed: State[Any] = Crashed(message=message)
    with get_client(sync_client=True) as client:
        try:
            run = client.read_flow_run(UUID(before.run))
        except ObjectNotFound:
            return
        for task in client.read_task_runs(flow_run_filter=_filter_of(run.id), task_run_filter=OPEN):
            client.set_task_run_state(task.id, crashed, force=True)
        if run.state is not None and not run.state.is_final():
            ended = Cancelled(message=message) if run.state.is_cancelling() else crashed
            client.set_flow_run_state(run.id, ended, force=True)


def _filter_of(run: UUID) -> FlowRunFilter:
    return FlowRunFilter(id=FlowRunFilterId(any_=[run]))


def _works_in(process: psutil.Process, workspace: Path) -> bool:
    with _ignoring_ended():
        return bool(process.environ().get(WORKSPACE) == str(workspace.resolve()))
    return False


def _command(process: psutil.Process) -> list[str]:
    with _ignoring_ended():
        return list(process.cmdline())
    return []


@contextmanager
def _ignoring_ended() -> Iterator[None]:
    """Ignore processes that have ended meanwhile, and those of other users."""
    try:
        yield
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return
