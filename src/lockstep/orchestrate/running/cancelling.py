"""Cancellation of a flow run that no runner or worker would end."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Thread
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.runtime import deployment, flow_run
from prefect.states import Cancelled, Failed

from lockstep.core.errors import LockstepError
from lockstep.orchestrate.running.process import StoppedError

LOOK = 2.0  # seconds between two queries of the run's state

CANCELLED = frozenset({StateType.CANCELLING, StateType.CANCELLED})


@contextmanager
def cancellation() -> Iterator[Event]:
    """Yield an event that is set when the current flow run is cancelled.

    The runner or worker that started a deployment's run also ends it. For any other run, such as that of `make flow`,
    cancelling only changes its state on the server, so a thread here queries that state.
    """
    asked, over = Event(), Event()
    if deployment.id is None:
        # In a copy of this context, which names the server.
        Thread(target=copy_context().run, args=(_watch, UUID(flow_run.id), asked, over), daemon=True).start()
    try:
        yield asked
    finally:
        over.set()


def ended(error: LockstepError) -> State[Any]:
    """Return the final state of a flow that raised this error."""
    return (Cancelled if isinstance(error, StoppedError) else Failed)(message=str(error))


def _watch(run: UUID, asked: Event, over: Event) -> None:
    with get_client(sync_client=True) as client:
        while not over.wait(LOOK):
            try:
                state = client.read_flow_run(run).state
            except httpx.HTTPError:
                continue  # the server is unavailable: nothing can be cancelled meanwhile
            except ObjectNotFound:
                return  # the run was deleted
            if state is not None and state.type in CANCELLED:
                asked.set()
                return
