"""A stage of dvc.yaml as a Prefect task."""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore, Event
from typing import Any

from prefect import Task, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas import TaskRun
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Failed

from lockstep.core.errors import LockstepError, TransientError
from lockstep.orchestrate.dvc_repo.graph import Stage
from lockstep.orchestrate.running.caching import DvcHashes
from lockstep.orchestrate.running.follower import Follower
from lockstep.orchestrate.running.log_throttle import Sparing
from lockstep.orchestrate.running.prestarted import Spare
from lockstep.orchestrate.running.process import StoppedError
from lockstep.orchestrate.running.repro import reproduce
from lockstep.orchestrate.running.result import StageResult
from lockstep.orchestrate.running.verdict import Failure, Fault

TRANSIENT = frozenset(fault.value for fault in Fault if fault.transient)

HINT = re.compile(
    r"^To track the changes with git, run:$|^\tgit add |^To enable auto staging, run:$"
    r"|^\tdvc config core.autostage true$|^Use `dvc push` to send your updates to remote storage\.$"
)
"""What DVC advises somebody at a terminal after each stage."""


@dataclass(frozen=True)
class Running:
    """What the tasks of one run share."""

    root: Path
    slots: BoundedSemaphore
    """As many as stages may run side by side."""
    dvc: Spare
    anew: frozenset[str] = frozenset()
    """Stages to run whatever DVC says."""
    stop: Event = field(default_factory=Event)
    """Set when the flow ends before its tasks."""


def stage_task(stage: Stage, running: Running) -> Task[[], Any]:
    """Return the task that brings one stage up to date: `Cached`, completed, or failed in the stage's own words."""
    policy = stage.policy

    @task(
        name=stage.name,
        task_run_name=stage.name,
        description=stage.description,
        cache_policy=NO_CACHE if stage.name in running.anew else DvcHashes(root=running.root, stage=stage.name),
        persist_result=True,
        result_serializer="json",
        retries=policy.retries,
        retry_delay_seconds=policy.retry_delay.total_seconds(),
        retry_jitter_factor=policy.jitter,
        retry_condition_fn=_worth_another_try,
    )
    def run() -> Any:
        return _run(stage, running)

    return run


def _worth_another_try(_: Task[Any, Any], __: TaskRun, state: State[Any]) -> bool:
    return state.name in TRANSIENT


def _run(stage: Stage, running: Running) -> dict[str, Any] | State[Any]:
    log = get_run_logger()
    shown = Sparing(log.info)
    follower = Follower(stage.name, log)

    def say(line: str) -> None:
        if line.strip() and not HINT.search(line):
            shown.hear(line)
        follower.hear(line)

    timeout = stage.policy.timeout.total_seconds() if stage.policy.timeout else None
    with running.slots:
        started = time.monotonic()
        try:
            done = reproduce(
                running.root,
                stage.name,
                dvc=running.dvc,
                say=say,
                stop=running.stop,
                timeout=timeout,
                anew=stage.name in running.anew,
            )
            if not isinstance(done, Failure):
                follower.done()
                seconds = round(time.monotonic() - started, 2)
                return StageResult(
                    stage=stage.name, outcome=done.outcome, seconds=seconds, outs=dict(done.outs)
                ).model_dump()
        except StoppedError as error:
            return Cancelled(message=f"{stage.name}: {error}")
        except LockstepError as error:
            fault = Fault.UNAVAILABLE if isinstance(error, TransientError) else Fault.INPUT
            done = Failure(fault, f"{stage.name}: {error}")
        finally:
            shown.close()
    return Failed(name=done.fault.value, message=done.message)
