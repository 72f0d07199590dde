"""The event that monitoring emits when drift is persistent."""

from prefect.events import Event, Resource, get_events_client
from prefect.runtime import flow_run
from prefect.utilities.asyncutils import run_coro_as_sync
from websockets.exceptions import WebSocketException

from lockstep.core.errors import TransientError
from lockstep.operate.monitoring.lasting_drift import Alarm
from lockstep.operate.monitoring.window import Window
from lockstep.orchestrate.automations import DRIFT


def emit_drift(newest: Window, alarm: Alarm) -> None:
    """Emit the drift event, which starts a retraining through an automation.

    Raises:
        TransientError: the server did not receive it.
    """
    event = Event(
        event=DRIFT,
        resource=Resource({"prefect.resource.id": f"lockstep.champion.{newest.model}"}),
        related=[{"prefect.resource.id": f"prefect.flow-run.{flow_run.id}", "prefect.resource.role": "flow-run"}],
        payload={"as_of": newest.name, "reasons": list(alarm.reasons), "drifted": list(newest.drifted)},
    )
    try:
        run_coro_as_sync(_send(event))
    except (OSError, WebSocketException) as error:
        raise TransientError(f"{DRIFT} did not reach the server ({error}); the window is not on record yet") from error


async def _send(event: Event) -> None:
    # Not by `emit_event`: that sends in a thread, and only logs a failure.
    async with get_events_client(checkpoint_every=1) as client:
        await client.emit(event)  # returns when the server has received it
