"""Serve the deployments of prefect.yaml on the configured server: `python -m lockstep.orchestrate.runner`."""

import asyncio
import signal
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread

import psutil
from prefect.runner import Runner
from prefect.settings import PREFECT_API_URL, PREFECT_UI_URL

from lockstep.orchestrate.automations import install
from lockstep.orchestrate.deployments import Deployment, declared, local
from lockstep.orchestrate.running.process import GRACE

AT_ONCE = 4  # flow runs; each deployment has its own limit besides
LOOK = 2.0  # seconds between two queries for runs that are due


def main() -> None:
    """Register deployments and automations, print how to use them, and run what is due until SIGTERM."""
    deployments = declared(Path.cwd())
    # Schedules stay active while nothing serves them: missed runs show as late and start with the next `make up`.
    runner = Runner(name="lockstep", query_seconds=LOOK, limit=AT_ONCE, pause_on_shutdown=False)
    names = [_add(runner, deployment) for deployment in deployments]
    install()
    ui = PREFECT_UI_URL.value() or str(PREFECT_API_URL.value()).removesuffix("/api")
    print(welcome(ui, dict(zip(names, deployments, strict=True))), flush=True)
    _run(runner)


def welcome(ui: str, deployments: Mapping[str, Deployment]) -> str:
    """Return the address of the UI, and one line per deployment: the command to run it, and its schedule.

    Args:
        ui: its address.
        deployments: by their full names, `FLOW/NAME`.
    """
    commands = {f"prefect deployment run '{name}'": deployment for name, deployment in deployments.items()}
    width = max(map(len, commands))
    lines = [f"  {command:{width}}   {_when(deployment)}" for command, deployment in commands.items()]
    example = "  prefect deployment run 'retraining/nightly' -p as_of=2025-07-31"
    return "\n".join(
        ["", f"Prefect is at {ui}", "", *lines, "", "With parameters:", example, "", "Press Ctrl-C to stop.", ""]
    )


def _run(runner: Runner) -> None:
    """Run what is due until SIGTERM, then wait for the flow runs to report how they ended.

    The whole process group gets the signal: each flow run ends its stages and reports its state. The runner's own
    shutdown, which exists in the main thread only, would exit before the states are reported.
    """
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    thread = Thread(target=lambda: asyncio.run(runner.start()), daemon=True)
    thread.start()
    while thread.is_alive() and not stop.wait(0.2):
        continue
    psutil.wait_procs(psutil.Process().children(), timeout=GRACE)


def _add(runner: Runner, deployment: Deployment) -> str:
    made = local(deployment)
    runner.add_deployment(made)
    return f"{made.flow_name}/{made.name}"


def _when(deployment: Deployment) -> str:
    return ", ".join(f"{schedule.cron} {schedule.timezone}" for schedule in deployment.schedules) or "on demand"


if __name__ == "__main__":
    main()
