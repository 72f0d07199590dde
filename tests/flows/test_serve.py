"""`make up`: its server, its deployments, and its runs when it ends or is killed."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import httpx
import psutil
import pytest

from lockstep.orchestrate.automations import DRIFT, RETRAINING, SILENT, install
from lockstep.orchestrate.deployments import declared
from tests.e2e.project import ROOT, Project
from tests.flows.held import held_project, is_in_the_middle, last_run, let_go
from tests.flows.server import Server, new_home
from tests.flows.tiny import clean_here, id_of, start_flow, tiny_project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows-serve")]

PATIENCE = 150.0
LONG = "cmd: sleep 600; echo right"


@dataclass
class Up:
    """`make up` in a folder, on a port of its own; it may end and be started again."""

    project: Project
    server: Server
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> str:
        """Start it, and return what it said until everything was served."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lockstep.orchestrate.serve"],
                cwd=self.project.root,
                env=self.environment(),
                stdout=log,
                stderr=log,
            )
        self.until(lambda: "Press Ctrl-C to stop." in self.said())
        return self.said()

    def environment(self) -> dict[str, str]:
        """What a user's shell has: the address comes from prefect.toml in the folder."""
        environment = self.project.env(**self.server.environment)
        del environment["PREFECT_API_URL"]
        return environment

    def said(self) -> str:
        return self.log.read_text()

    def type(self, *command: str) -> str:
        """Run `prefect ...` in the folder, and return the name of the run that it made."""
        done = subprocess.run(
            ["prefect", *command],
            cwd=self.project.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return re.search(r"Created flow run '([^']+)'", done.stdout)[1]

    def start_pipeline(self) -> str:
        """Do what `prefect deployment run 'pipeline/manual'` does, and return the name of the run."""
        deployment = self.server.request("GET", "deployments/name/pipeline/manual")["id"]
        asked = {"state": {"type": "SCHEDULED"}}
        return str(self.server.request("POST", f"deployments/{deployment}/create_flow_run", json=asked)["name"])

    def run(self, name: str) -> dict[str, Any]:
        return self.server.find("flow_runs", flow_runs={"name": {"any_": [name]}})[0]

    def ends(self, name: str) -> str:
        """Wait until a run has ended, and return how."""
        self.until(lambda: self.run(name)["state_type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
        return self.run(name)["state_name"]

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def processes(self) -> dict[int, str]:
        """Return every process of it that runs, with its command line."""
        found = {}
        for process in psutil.process_iter():
            try:
                if process.environ().get("PREFECT_HOME") == str(self.server.home):
                    found[process.pid] = " ".join(process.cmdline())
            except psutil.Error:
                continue
        return found

    def runs(self, command: str) -> bool:
        return any(command in line for line in self.processes().values())


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    project = tiny_project(folder / "tiny")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shutil.copy(ROOT / "prefect.yaml", project.root)
    (project.root / "prefect.toml").write_text((ROOT / "prefect.toml").read_text().replace("4200", str(port)))
    up = Up(project, Server(f"http://127.0.0.1:{port}/api", new_home(tmp_path_factory)), folder / "log")
    try:
        up.start()
        yield up
    finally:
        up.process.kill()
        up.process.wait()


def test_every_declared_deployment_is_served_as_declared(up: Up) -> None:
    served = {deployment["name"]: deployment for deployment in up.server.find("deployments")}
    wanted = {deployment.name: deployment for deployment in declared(ROOT)}
    assert served.keys() == wanted.keys()
    for name, deployment in wanted.items():
        crons = [schedule["schedule"]["cron"] for schedule in served[name]["schedules"]]
        assert crons == [schedule.cron for schedule in deployment.schedules]
        assert set(deployment.tags) == set(served[name]["tags"])
        assert served[name]["global_concurrency_limit"]["limit"] == deployment.concurrency_limit
        assert not served[name]["paused"]


def test_it_prints_the_address_of_the_ui_and_the_commands(up: Up) -> None:
    said = up.said()
    address = up.server.url.removesuffix("/api")
    assert f"Prefect is at {address}" in said
    assert httpx.get(address, follow_redirects=True).text.startswith("<!")
    for name in ("retraining/nightly", "pipeline/manual", "monitoring/hourly", "scoring/daily"):
        assert f"prefect deployment run '{name}'" in said


def test_parameters_arrive_as_typed(up: Up) -> None:
    typed = ["-p", "as_of=2025-07-31", "-p", 'overrides={"train.params.max_depth": 4}']
    run = up.run(up.type("deployment", "run", RETRAINING, *typed))
    assert run["parameters"]["as_of"] == "2025-07-31"
    assert run["parameters"]["overrides"] == {"train.params.max_depth": 4}


def test_each_drift_event_starts_one_retraining_with_its_as_of(up: Up) -> None:
    from prefect.events import get_events_client
    from prefect.events.schemas.events import Event
    from prefect.utilities.asyncutils import run_coro_as_sync

    async def emit(*moments: str) -> None:
        async with get_events_client(checkpoint_every=1) as events:
            for moment in moments:
                payload = {"as_of": moment, "reasons": ["2 of the last 3 windows drifted"]}
                resource = {"prefect.resource.id": "lockstep.champion.test"}
                await events.emit(Event(event=DRIFT, resource=resource, payload=payload))

    def retrained() -> list[str]:
        runs = up.server.find("flow_runs", flow_runs={"tags": {"all_": ["retraining"]}})
        return sorted(r["parameters"]["as_of"] for r in runs if (r["created_by"] or {}).get("type") == "AUTOMATION")

    with up.server.chosen():
        run_coro_as_sync(emit("2025-08-31", "2025-09-30"))
    up.until(lambda: len(retrained()) >= 2)
    time.sleep(2)  # a third would have come by now
    assert retrained() == ["2025-08-31", "2025-09-30"]


def test_installing_again_changes_nothing_and_keeps_disabled_ones_disabled(up: Up) -> None:
    with up.server.chosen():
        before = up.server.find("automations")
        assert set(install().values()) == {"up to date"}
        assert up.server.find("automations") == before
        (drift,) = [automation for automation in before if "drift" in automation["name"]]
        address = f"automations/{drift['id']}"
        up.server.request("PATCH", address, json={"enabled": False})
        changed = drift | {"description": "old", "enabled": False}
        changed = {key: changed[key] for key in ("name", "description", "enabled", "trigger", "actions")}
        up.server.request("PUT", address, json=changed)
        install()
        (now,) = [automation for automation in up.server.find("automations") if "drift" in automation["name"]]
    assert (now["id"], now["enabled"], now["description"]) == (drift["id"], False, drift["description"])


def test_a_cancelled_run_ends_its_stage(up: Up) -> None:
    name = _busy(up)
    up.server.set_state(id_of(up.server, name), "CANCELLING")
    assert up.ends(name) == "Cancelled"
    assert not up.runs("sleep 600")


def test_the_server_crashes_a_run_without_heartbeats(up: Up) -> None:
    """It was started by hand, and killed: nobody but the server can tell, by its silence."""
    _set(up.project, "cmd: echo right", LONG)
    _shorten_the_patience(up)
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "flows.pipeline"],
            cwd=up.project.root,
            env=up.environment(),
            stdout=DEVNULL,
            stderr=DEVNULL,
        ) as process:
            up.until(lambda: up.runs("sleep 600"))
            run = last_run(up.project)
            up.until(lambda: _was_heard(up, run.run))
            process.kill()
        assert up.ends(run.name) == "Crashed"
        assert up.run(run.name)["state"]["message"].startswith("No heartbeat")
    finally:
        with up.server.chosen():
            assert install()[SILENT] == "updated"


def test_a_run_that_has_ended_cannot_be_crashed_later(up: Up) -> None:
    run = up.server.add_run("COMPLETED")
    answer = up.server.request("POST", f"flow_runs/{run}/set_state", json={"state": {"type": "CRASHED"}})
    assert answer["status"] == "ABORT"


def test_after_a_kill_of_everything_the_run_gets_a_final_state_and_the_next_completes(up: Up) -> None:
    name = _busy(up)
    up.process.kill()
    up.process.wait()
    _wait(lambda: not up.processes())
    _set(up.project, LONG, "cmd: echo right")
    said = up.start()
    assert f"flow run '{name}': Crashed" in said
    assert up.ends(up.start_pipeline()) == "Completed"
    assert clean_here(up.project)


def test_a_run_of_another_process_outlives_a_restart_of_the_server(up: Up, tmp_path: Path) -> None:
    project = held_project(tmp_path / "p")
    with start_flow(project, Server(up.server.url, tmp_path / "home")) as flow:
        up.until(lambda: is_in_the_middle(project))
        (server,) = [pid for pid, command in up.processes().items() if "uvicorn" in command]
        os.kill(server, signal.SIGKILL)
        assert up.process.wait(timeout=60) == 2
        assert "Prefect's server ended" in up.said()
        assert not up.processes()
        up.start()
        let_go(project)
        output = flow.communicate(timeout=PATIENCE)[0]
    assert flow.returncode == 0, output
    assert up.ends(last_run(project).name) == "Completed"


def test_sigterm_ends_everything_within_seconds_and_the_run_has_a_final_state(up: Up) -> None:
    name = _busy(up)
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(timeout=20) == 0
    assert not up.processes()
    with sqlite3.connect(up.server.home / "prefect.db") as database:
        (state,) = database.execute("SELECT state_name FROM flow_run WHERE name = ?", [name]).fetchone()
        (slots,) = database.execute("SELECT max(active_slots) FROM concurrency_limit_v2").fetchone()
    assert (state, slots) == ("Crashed", 0)


def _busy(up: Up) -> str:
    """Start a run that stays in a stage for long, and return its name when it is there."""
    _set(up.project, "cmd: echo right", LONG)
    name = up.start_pipeline()
    up.until(lambda: up.runs("sleep 600"))
    return name


def _shorten_the_patience(up: Up) -> None:
    """Let the server wait for as short a time as it can, instead of for three heartbeats."""
    (silent,) = [automation for automation in up.server.find("automations") if automation["name"] == SILENT]
    changed = {key: silent[key] for key in ("name", "description", "enabled", "trigger", "actions")}
    changed["trigger"]["within"] = 10
    up.server.request("PUT", f"automations/{silent['id']}", json=changed)


def _was_heard(up: Up, run: str) -> bool:
    heard = {"event": {"name": ["prefect.flow-run.heartbeat"]}, "resource": {"id": [f"prefect.flow-run.{run}"]}}
    return up.server.request("POST", "events/filter", json={"filter": heard})["total"] > 0


def _set(project: Project, old: str, new: str) -> None:
    pipeline = project.root / "dvc.yaml"
    pipeline.write_text(pipeline.read_text().replace(old, new))


def _wait(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert true()
