"""A stage of dvc.yaml as a Prefect task: its cache key, its result, its states."""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore, Event
from typing import Any, Literal

from prefect import Task, get_run_logger, task
from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.client.schemas import TaskRun
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.results import get_result_store
from prefect.states import Cancelled, Failed
from pydantic import BaseModel, ConfigDict

from lockstep.core.errors import LockstepError, TransientError
from lockstep.orchestrate.dvc_repo.freshness import look
from lockstep.orchestrate.dvc_repo.graph import Stage
from lockstep.orchestrate.running.forks import Forks
from lockstep.orchestrate.running.outcome import Failure, Fault
from lockstep.orchestrate.running.output import Throttle
from lockstep.orchestrate.running.process import StoppedError
from lockstep.orchestrate.running.progress import ProgressArtifacts
from lockstep.orchestrate.running.repro import reproduce

TRANSIENT = frozenset(fault.value for fault in Fault if fault.transient)

HINT = re.compile(
    r"^To track the changes with git, run:$|^\tgit add |^To enable auto staging, run:$"
    r"|^\tdvc config core.autostage true$|^Use `dvc push` to send your updates to remote storage\.$"
)
"""Hints that DVC prints for a user at a terminal."""


class StageResult(BaseModel):
    """A stage that is up to date."""

    model_config = ConfigDict(frozen=True)

    stage: str
    outcome: Literal["cached", "ran", "restored", "unchanged"]
    seconds: float
    outs: dict[str, str]
    """Output -> hash, as in dvc.lock."""


@dataclass(kw_only=True)
class DvcHashes(CachePolicy):
    """A cache key made of the hashes in dvc.lock, if the workspace agrees with them.

    DVC decides, Prefect's store only mirrors dvc.lock. If DVC finds nothing to do, the result is stored under the key
    of the current hashes, so that a stage which `dvc repro` ran by hand is a hit too. Otherwise there is no key.
    """

    root: Path
    stage: str

    def compute_key(
        self,
        task_ctx: TaskRunContext,  # noqa: ARG002 # Prefect's interface
        inputs: dict[str, Any],  # noqa: ARG002
        flow_parameters: dict[str, Any],  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> str | None:
        """Return the key of a stage that is up to date, None for one that has to run."""
        try:
            found = look(self.root, self.stage)
        except LockstepError:
            return None  # the task itself meets the same error, and reports it
        if not found.fresh:
            return None
        key = f"dvc-{found.key}"
        record = StageResult(stage=self.stage, outcome="cached", seconds=0.0, outs=dict(found.outs))
        get_result_store().write(record.model_dump(), key=key)
        return key


@dataclass(frozen=True)
class Running:
    """What the tasks of one flow run share."""

    root: Path
    slots: BoundedSemaphore
    """One for each stage that may run at the same time."""
    dvc: Forks
    force: frozenset[str] = frozenset()
    """Stages to run even if DVC finds nothing to do."""
    stop: Event = field(default_factory=Event)
    """Set when the flow run is cancelled or fails."""


def stage_task(stage: Stage, running: Running) -> Task[[], Any]:
    """Return the task that brings one stage up to date; a failure has the stage's own message."""
    policy = stage.policy

    @task(
        name=stage.name,
        task_run_name=stage.name,
        description=stage.description,
        cache_policy=NO_CACHE if stage.name in running.force else DvcHashes(root=running.root, stage=stage.name),
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
    shown = Throttle(log.info)
    progress = ProgressArtifacts(stage.name, log)

    def say(line: str) -> None:
        if line.strip() and not HINT.search(line):
            shown.add(line)
        progress.add(line)

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
                force=stage.name in running.force,
            )
            if not isinstance(done, Failure):
                progress.done()
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
