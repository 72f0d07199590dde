"""Flow runs that a server remembers as under way, though it and all that it served ended together."""

from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelled, Crashed, Scheduled

PAGE = 200


def settle_abandoned() -> list[str]:
    """End the runs that had begun, schedule those anew that had not; return a line each.

    Only to be called when a server has just been started and nobody can work for it yet. Runs for work pools are left
    alone, since their workers may have gone on without it, as are those that no deployment started.
    """
    under_way = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
    filters = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=under_way)))
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(flow_run_filter=filters, sort=FlowRunSort.ID_DESC, limit=PAGE)
        done = []
        for run in runs:
            if run.deployment_id is None or run.work_pool_name is not None:
                continue
            state = _settled(run)
            client.set_flow_run_state(run.id, state, force=True)
            done.append(f"flow run {run.name!r}: {state.name}")
        return done


def _settled(run: FlowRun) -> State[Any]:
    assert run.state is not None
    if run.state.type == StateType.RUNNING:
        return Crashed(message="Ended together with the server.")
    if run.state.type == StateType.CANCELLING:
        return Cancelled(message="Ended together with the server.")
    return Scheduled(message="The server ended before the run began.")
