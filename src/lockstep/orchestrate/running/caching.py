"""Prefect's cache, led by DVC: a stage is a hit exactly when `dvc repro` would skip it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect.cache_policies import CachePolicy
from prefect.context import TaskRunContext
from prefect.results import get_result_store

from lockstep.core.errors import LockstepError
from lockstep.orchestrate.dvc_repo.freshness import look
from lockstep.orchestrate.running.result import StageResult


@dataclass(kw_only=True)
class DvcHashes(CachePolicy):
    """A key made of the hashes in DVC's lock, for as long as the workspace agrees with them.

    Prefect's store mirrors dvc.lock and never decides: where DVC says that there is nothing to do, the record is
    written under the key of the present hashes, so that a stage that `dvc repro` ran by hand is a hit as well; where
    there is something to do, there is no key, whatever the store holds from earlier days.
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
        """Return the key of a stage with nothing to do, None for one that has to run."""
        try:
            found = look(self.root, self.stage)
        except LockstepError:
            return None  # the task itself meets the same fault, and says it
        if not found.fresh:
            return None
        key = f"dvc-{found.key}"
        record = StageResult(stage=self.stage, outcome="cached", seconds=0.0, outs=dict(found.outs))
        get_result_store().write(record.model_dump(), key=key)
        return key
