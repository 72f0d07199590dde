"""Prefect automations: retrain on drift, mark silent runs as crashed. `python -m lockstep.orchestrate.automations`.

The server executes them, so they work for runs of `make up`, of workers and of commands.
"""

import sys
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect.automations import AutomationCore, EventTrigger, Posture, RunDeployment
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY

from lockstep.orchestrate.server import answers

DRIFT = "lockstep.drift.detected"
"""Event that the flow `monitoring` emits when drift is persistent. Its payload has `as_of` and `reasons`."""

RETRAINING = "retraining/nightly"

FLOWS = ("monitoring", "pipeline", "retraining", "scoring")
"""Names of our flows: others on the same server may send heartbeats less often, or none."""

SILENT = "lockstep: crash silent runs"
RETRAIN = "lockstep: retrain on drift"

MISSED = 3  # missed heartbeats after which a run counts as crashed
FREQUENCY = 30  # default seconds between heartbeats


def install() -> dict[str, str]:
    """Create or update each automation; return name -> what was done. A disabled automation stays disabled."""
    with get_client(sync_client=True) as client:
        return {automation.name: _install(client, automation) for automation in _wanted(client)}


def crash_when_silent() -> AutomationCore:
    """Return the automation that marks a flow run as crashed when its heartbeats stop.

    A killed process cannot report its end, and the runner that started it may be gone too. A run that has already ended
    refuses the change. A run that is alive but cut off from the server continues, and is `Completed` at its end.
    """
    frequency = timedelta(seconds=PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value() or FREQUENCY)
    return AutomationCore(
        name=SILENT,
        description=f"Marks a run as crashed after {MISSED * frequency} without a heartbeat.",
        trigger=EventTrigger(
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            match_related=ResourceSpecification(
                {"prefect.resource.role": "flow", "prefect.resource.name": list(FLOWS)}
            ),
            after={"prefect.flow-run.heartbeat"},
            # Any event counts: a run may end in a state with its own name, such as `Skipped`.
            expect={"prefect.flow-run.*"},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=MISSED * frequency,
        ),
        actions=[
            ChangeFlowRunState(state=StateType.CRASHED, message="No heartbeat: its process has probably been killed.")
        ],
    )


def retrain_on_drift(deployment: UUID) -> AutomationCore:
    """Return the automation that starts one retraining for each drift event, with the event's as_of.

    Args:
        deployment: id of the deployment to run.
    """
    return AutomationCore(
        name=RETRAIN,
        description=f"Runs {RETRAINING} when monitoring reports persistent drift.",
        trigger=EventTrigger(expect={DRIFT}, posture=Posture.Reactive, threshold=1, within=timedelta(0)),
        actions=[
            RunDeployment(
                source="selected",
                deployment_id=deployment,
                parameters={"as_of": "{{ event.payload.as_of }}"},
            )
        ],
    )


def _wanted(client: SyncPrefectClient) -> list[AutomationCore]:
    try:
        deployment = client.read_deployment_by_name(RETRAINING)
    except ObjectNotFound:
        return [crash_when_silent()]  # this project declares no retraining
    return [crash_when_silent(), retrain_on_drift(deployment.id)]


def _install(client: SyncPrefectClient, wanted: AutomationCore) -> str:
    found = next(iter(client.read_automations_by_name(wanted.name)), None)
    if found is None:
        client.create_automation(wanted)
        return "installed"
    if _content(found) == _content(wanted):
        return "up to date"
    client.update_automation(found.id, wanted.model_copy(update={"enabled": found.enabled}))
    return "updated"


def _content(automation: AutomationCore) -> dict[str, Any]:
    return automation.model_dump(mode="json", include={"description", "trigger", "actions"})


def main() -> None:
    """Install the automations and print what was done; exit with a message if a server or deployment is missing."""
    url = PREFECT_API_URL.value()
    if not url or not answers(url):
        sys.exit(f"automations: {url or 'PREFECT_API_URL'}: no Prefect server answers")
    done = install()
    print(*(f"{name}: {what}" for name, what in done.items()), sep="\n")
    if RETRAIN not in done:
        sys.exit(f"automations: deployment {RETRAINING} does not exist yet; `prefect deploy --all` creates it")


if __name__ == "__main__":
    main()
