"""Flow runs that a restarted server still lists as running, though their processes ended with the old server."""

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
    """Mark runs that had begun as crashed or cancelled, and schedule the others again; return a line for each.

    Call it only when a server has just started, before anything works for it. Runs of work pools are left alone, since
    their workers may have continued, and so are runs that no deployment started.
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
        return Crashed(message="Its process ended with the server.")
    if run.state.type == StateType.CANCELLING:
        return Cancelled(message="Its process ended with the server.")
    return Scheduled(message="The server ended before the run began.")
