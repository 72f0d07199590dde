"""Runs the stages of dvc.yaml as tasks of the current flow: one task per stage, independent branches in parallel."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from prefect.futures import PrefectFuture, wait

from lockstep.core.errors import LockstepError
from lockstep.orchestrate.dvc_repo import lock_order
from lockstep.orchestrate.dvc_repo.graph import Stage, stages
from lockstep.orchestrate.running.cancelling import cancellation
from lockstep.orchestrate.running.forks import Forks
from lockstep.orchestrate.running.process import StoppedError
from lockstep.orchestrate.running.repro import dvc_program
from lockstep.orchestrate.running.stage_task import Running, StageResult, stage_task


@dataclass(frozen=True)
class StageRun:
    """Result of one stage's task."""

    stage: str
    state: str
    """Name of the task's final state: Cached, Completed, or a kind of failure."""
    message: str
    result: StageResult | None
    """None if the stage is not up to date."""


@dataclass(frozen=True)
class Execution:
    """Result of a pipeline."""

    runs: tuple[StageRun, ...]

    @property
    def complete(self) -> bool:
        """Whether every stage is up to date."""
        return all(run.result for run in self.runs)

    @property
    def problems(self) -> tuple[str, ...]:
        """Messages of the stages that failed, without those that only waited for them."""
        return tuple(run.message for run in self.runs if run.result is None and run.state != "NotReady")


def run_stages(root: Path, targets: Sequence[str] = (), force: Collection[str] = ()) -> Execution:
    """Bring stages, and those that they need, up to date. Call it inside a flow that holds the workspace.

    Afterwards dvc.lock is, byte for byte, what `dvc repro TARGETS` would have written.

    Args:
        root: of the project.
        targets: stages to bring up to date; all if empty.
        force: stages to run even if DVC finds nothing to do, because they read something that has no hash.

    Raises:
        LockstepError: DVC cannot resolve the pipeline, or a target is not in it.
        StoppedError: the flow run was cancelled; its stages have ended.
    """
    planned = stages(root, targets)
    before = lock_order.orders(root)
    with cancellation() as stop:
        slots = BoundedSemaphore(os.cpu_count() or 1)
        futures = _execute(planned, Running(root, slots, Forks(dvc_program(root)), frozenset(force), stop))
    if stop.is_set():
        raise StoppedError
    execution = Execution(tuple(_run(stage, futures[stage.name]) for stage in planned))
    try:
        lock_order.restore_order(root, before, [stage.name for stage in planned])
    except LockstepError:
        if execution.complete:
            raise
        # A failed stage has reported the cause, such as a full disk; the next flow repairs the lock file.
    return execution


def _execute(planned: Sequence[Stage], running: Running) -> dict[str, PrefectFuture[Any]]:
    futures: dict[str, PrefectFuture[Any]] = {}
    try:
        futures = _submit(planned, running)
        wait(list(futures.values()))
    except BaseException:
        running.stop.set()  # whatever ends the flow, even a signal, ends its stages
        wait(list(futures.values()))  # before the workspace is released
        raise
    finally:
        running.dvc.close()
    return futures


def _submit(planned: Sequence[Stage], running: Running) -> dict[str, PrefectFuture[Any]]:
    futures: dict[str, PrefectFuture[Any]] = {}
    for stage in planned:
        upstream = [futures[name] for name in stage.upstream if name in futures]
        futures[stage.name] = stage_task(stage, running).submit(return_state=False, wait_for=upstream)
    return futures


def _run(stage: Stage, future: PrefectFuture[Any]) -> StageRun:
    state = future.state
    result = None
    if state.is_completed():
        result = StageResult.model_validate(future.result())
        if state.name == "Cached":
            result = result.model_copy(update={"outcome": "cached", "seconds": 0.0})
    return StageRun(stage.name, state.name or state.type.value, state.message or "", result)
