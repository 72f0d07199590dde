"""A flow run that somebody cancels: noticed by the run itself where nobody else would end it."""

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

LOOK = 2.0  # seconds between two looks at the run's state

CANCELLED = frozenset({StateType.CANCELLING, StateType.CANCELLED})


@contextmanager
def cancellation() -> Iterator[Event]:
    """Yield an event that is set when somebody cancels the flow run at hand.

    A run of a deployment is ended by the runner or the worker that started it. Any other, such as that of `make flow`,
    only gets a new state, and nobody who acts on it: so this asks the server for it.
    """
    asked, over = Event(), Event()
    if deployment.id is None:
        # In this context, which knows the server that the run is on.
        Thread(target=copy_context().run, args=(_watch, UUID(flow_run.id), asked, over), daemon=True).start()
    try:
        yield asked
    finally:
        over.set()


def ended(error: LockstepError) -> State[Any]:
    """Return the state of a flow whose work could not be done."""
    return (Cancelled if isinstance(error, StoppedError) else Failed)(message=str(error))


def _watch(run: UUID, asked: Event, over: Event) -> None:
    with get_client(sync_client=True) as client:
        while not over.wait(LOOK):
            try:
                state = client.read_flow_run(run).state
            except httpx.HTTPError:
                continue  # nobody can cancel on a server that is away
            except ObjectNotFound:
                return  # deleted: there is nothing left to cancel
            if state is not None and state.type in CANCELLED:
                asked.set()
                return
