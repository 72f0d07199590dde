"""Run dvc.yaml as a Prefect flow: `python -m flows.pipeline`."""

from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.orchestrate.artifacts import publish, read_values
from lockstep.orchestrate.running.cancelling import ended
from lockstep.orchestrate.running.execution import Execution, run_stages
from lockstep.orchestrate.running.occupied import occupied


@flow(name="pipeline", description=__doc__, validate_parameters=True)
def pipeline(targets: list[str] | None = None, wait: float = 600.0, rehash: bool = True) -> State[Any]:
    """Bring the stages of dvc.yaml up to date in the current folder.

    Args:
        targets: stages to bring up to date, with those that they need; default: all.
        wait: seconds to wait for another flow in the same folder to finish.
        rehash: verify the objects in DVC's cache by their hashes first.
    """
    root = Path.cwd()
    before = read_values(Workspace(root).metrics)
    try:
        with occupied(root, wait, rehash=rehash):
            execution = run_stages(root, targets or ())
            publish(root, execution, before)
    except LockstepError as error:
        return ended(error)
    return as_state(execution)


def as_state(execution: Execution) -> State[Any]:
    """Return the final state of the flow: how many stages ran or were cached, or the messages of failed stages."""
    if not execution.complete:
        return Failed(message="\n".join(execution.problems))
    outcomes = [run.result.outcome for run in execution.runs if run.result]
    counts = {outcome: outcomes.count(outcome) for outcome in dict.fromkeys(outcomes)}
    return Completed(message=", ".join(f"{count} {outcome}" for outcome, count in counts.items()))


if __name__ == "__main__":
    from lockstep.orchestrate.command import main

    main(pipeline)
