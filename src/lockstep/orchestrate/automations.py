"""What the server does by itself when something happens: `python -m lockstep.orchestrate.automations` installs it.

Automations are the server's own: they work for runs of `make up`, of workers, and of commands alike.
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
"""Event of `flows.monitoring`: drift lasts. Its payload has `as_of` and `reasons`."""

RETRAINING = "retraining/nightly"

FLOWS = ("monitoring", "pipeline", "retraining", "scoring")
"""Names of the flows that are ours: others on the same server may send heartbeats more seldom, or none."""

SILENT = "lockstep: crash silent runs"
RETRAIN = "lockstep: retrain on drift"

MISSED = 3  # heartbeats of a run after which its process is taken for dead
FREQUENCY = 30  # seconds between two of them, where no setting says otherwise


def install() -> dict[str, str]:
    """Create each automation, or bring it up to date; return by their names what was done.

    One that somebody switched off stays off.
    """
    with get_client(sync_client=True) as client:
        return {automation.name: _install(client, automation) for automation in _wanted(client)}


def crash_when_silent() -> AutomationCore:
    """Return the automation that ends a flow run of which nothing is heard any more.

    A process that was killed cannot tell the server, and nobody else may look after its run: not the runner, if that
    was killed as well or was never there. A run that has ended refuses the change; one that lives all the same, on a
    machine that the server cannot hear, goes on and is `Completed` when it is.
    """
    frequency = timedelta(seconds=PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value() or FREQUENCY)
    return AutomationCore(
        name=SILENT,
        description=f"Marks a run as crashed that sent no heartbeat for {MISSED * frequency}: its process is gone.",
        trigger=EventTrigger(
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            match_related=ResourceSpecification(
                {"prefect.resource.role": "flow", "prefect.resource.name": list(FLOWS)}
            ),
            after={"prefect.flow-run.heartbeat"},
            # Whatever else it says is as good: it may end in a state with a name of its own, such as `Skipped`.
            expect={"prefect.flow-run.*"},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=MISSED * frequency,
        ),
        actions=[
            ChangeFlowRunState(state=StateType.CRASHED, message="No heartbeat: its process ended without a word.")
        ],
    )


def retrain_on_drift(deployment: UUID) -> AutomationCore:
    """Return the automation that starts a retraining, with the as-of of the event, once an event.

    Args:
        deployment: id of the deployment to run.
    """
    return AutomationCore(
        name=RETRAIN,
        description=f"Runs {RETRAINING} when monitoring says that drift lasts.",
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
        return [crash_when_silent()]  # a project that does not declare it has nothing to start
    return [crash_when_silent(), retrain_on_drift(deployment.id)]


def _install(client: SyncPrefectClient, wanted: AutomationCore) -> str:
    found = next(iter(client.read_automations_by_name(wanted.name)), None)
    if found is None:
        client.create_automation(wanted)
        return "installed"
    if _content(found) == _content(wanted):
        return "up to date"
    client.update_automation(found.id, wanted.model_copy(update={"enabled": found.enabled}))
    return "brought up to date"


def _content(automation: AutomationCore) -> dict[str, Any]:
    return automation.model_dump(mode="json", include={"description", "trigger", "actions"})


def main() -> None:
    """Install, saying what was done; exit with a message where there is no server or no deployment to run."""
    url = PREFECT_API_URL.value()
    if not url or not answers(url):
        sys.exit(f"automations: {url or 'PREFECT_API_URL'}: no Prefect server answers")
    done = install()
    print(*(f"{name}: {what}" for name, what in done.items()), sep="\n")
    if RETRAIN not in done:
        sys.exit(f"automations: there is no deployment {RETRAINING} yet; `prefect deploy --all` makes it")


if __name__ == "__main__":
    main()
