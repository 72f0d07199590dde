"""Monitoring with real stages: a window of drift, the history, and the event on a server."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lockstep.core.files import sha256
from lockstep.operate.monitoring import history
from lockstep.operate.monitoring.window import Window
from lockstep.orchestrate.automations import DRIFT
from lockstep.orchestrate.worktree_run import parse_as_of
from tests.e2e.project import Project
from tests.flows.server import Server
from tests.flows.shop import AS_OF, Ended, Shops, run_here
from tests.flows.tiny import awaited
from tests.integration.repository import state
from tests.unit.operate.monitoring.windows import window

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows-shop")]


@dataclass(frozen=True)
class Watched:
    """A project that is monitored at one as_of, twice; some windows were there before, and half a line."""

    project: Project
    champion: str
    before: dict[str, Any]
    run: Ended
    after: dict[str, Any]
    again: Ended

    @property
    def history(self) -> Path:
        return history_of(self.project.root)


def history_of(root: Path) -> Path:
    return root / ".lockstep" / "monitoring" / "history.jsonl"


@pytest.fixture(scope="module")
def watched(shops: Shops, tmp_path_factory: pytest.TempPathFactory, prefect_server: Server) -> Watched:
    project = shops.copy(tmp_path_factory.mktemp("watched") / "shop")
    champion = sha256(project.root / "data" / "models" / "model" / "signature.json")
    for day, drift in ((179, "yes"), (180, "no")):  # in June
        history.append(history_of(project.root), window(day, drift, model=champion))
    with history_of(project.root).open("a") as file:
        file.write('{"as_of": "2025-07-0')
    before = state(project.root)
    run = run_here("monitoring", project, prefect_server, as_of=AS_OF)
    after = state(project.root)
    return Watched(project, champion, before, run, after, run_here("monitoring", project, prefect_server, as_of=AS_OF))


def events_of(server: Server, champion: str) -> list[dict[str, Any]]:
    """Return the events of drift of one champion that the server has."""
    asked = {"filter": {"event": {"name": [DRIFT]}, "resource": {"id": [f"lockstep.champion.{champion}"]}}}
    return server.request("POST", "events/filter", json=asked)["events"]


def test_a_window_is_measured_and_appended(watched: Watched) -> None:
    assert (watched.run.state, watched.run.message) == ("Completed", f"{AS_OF}: drift yes; alarm raised")
    *_, newest = history.read(watched.history).windows
    assert (newest.name, newest.model, newest.drift) == (AS_OF, watched.champion, "yes")
    assert newest.rows > 100
    assert newest.drifted


def test_an_incomplete_line_is_set_aside_and_the_others_stay(watched: Watched) -> None:
    assert [one.name for one in history.read(watched.history).windows] == ["2025-06-29", "2025-06-30", AS_OF]
    assert watched.history.with_name("history.jsonl.torn").read_text() == '{"as_of": "2025-07-0\n'


def test_the_server_receives_one_event_with_the_reasons(watched: Watched, prefect_server: Server) -> None:
    (event,) = awaited(lambda: events_of(prefect_server, watched.champion), len)
    payload = event["payload"]
    assert payload["reasons"][0] == f"2 of the last 3 windows drifted (2025-06-29, {AS_OF}); monitor.drifted is 2 of 3"
    assert any(reason.startswith(f"{payload['drifted'][0]}: PSI") for reason in payload["reasons"])
    assert f"prefect.flow-run.{watched.run.id}" in [one["prefect.resource.id"] for one in event["related"]]


def test_a_retraining_accepts_the_events_as_of(watched: Watched, prefect_server: Server) -> None:
    (event,) = awaited(lambda: events_of(prefect_server, watched.champion), len)
    assert parse_as_of(event["payload"]["as_of"]) == parse_as_of(AS_OF)


def test_the_windows_are_shown(watched: Watched) -> None:
    rows = watched.run.artifacts["windows"]
    assert [(row["as of"], row["drift"]) for row in rows] == [
        ("2025-06-29", "yes"),
        ("2025-06-30", "no"),
        (AS_OF, "yes"),
    ]


def test_a_known_window_is_not_counted_twice_and_raises_no_alarm(watched: Watched, prefect_server: Server) -> None:
    assert (watched.again.state, watched.again.message) == ("Known", f"{AS_OF} was measured before: drift yes")
    assert len(history.read(watched.history).windows) == 3
    assert len(events_of(prefect_server, watched.champion)) == 1


def test_the_users_checkout_is_not_touched(watched: Watched) -> None:
    assert watched.after == watched.before


def test_a_wrong_as_of_fails_in_a_line(watched: Watched, prefect_server: Server) -> None:
    run = run_here("monitoring", watched.project, prefect_server, as_of="soon")
    assert (run.state, run.message[:7], len(run.message.splitlines())) == ("Failed", "as_of: ", 1)


@dataclass(frozen=True)
class Judged:
    """The flow, told what it measures."""

    project: Project
    server: Server
    patch: pytest.MonkeyPatch

    def run(self, found: Window) -> Ended:
        self.patch.setattr("flows.monitoring._measure", lambda *_: found)
        return run_here("monitoring", self.project, self.server)

    @property
    def history(self) -> Path:
        return history_of(self.project.root)


@pytest.fixture
def judged(shops: Shops, tmp_path: Path, prefect_server: Server, monkeypatch: pytest.MonkeyPatch) -> Judged:
    return Judged(shops.copy(tmp_path / "shop"), prefect_server, monkeypatch)


def test_only_persistent_drift_raises_the_event(judged: Judged) -> None:
    days = enumerate(["yes", "no", "yes", "no"])
    said = [judged.run(window(day, drift, model="k of n")).message for day, drift in days]
    assert said == [
        "2025-01-01: drift yes; alarm not raised",
        "2025-01-02: drift no; alarm not raised",
        "2025-01-03: drift yes; alarm raised",
        "2025-01-04: drift no; alarm not raised",
    ]
    (event,) = awaited(lambda: events_of(judged.server, "k of n"), len)
    assert event["payload"]["as_of"] == "2025-01-03"
    assert len(history.read(judged.history).windows) == 4


def test_an_event_that_the_server_did_not_receive_is_raised_by_the_next_run(
    judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged.run(window(0, "yes", model="unheard"))
    with monkeypatch.context() as patch:
        patch.setattr("lockstep.orchestrate.drift_event._send", refused)
        lost = judged.run(window(1, "yes", model="unheard"))
    assert (lost.state, "did not reach the server" in lost.message) == ("Failed", True)
    assert len(history.read(judged.history).windows) == 1
    assert judged.run(window(1, "yes", model="unheard")).message == "2025-01-02: drift yes; alarm raised"
    assert len(awaited(lambda: events_of(judged.server, "unheard"), len)) == 1


async def refused(_: Any) -> None:
    raise ConnectionRefusedError("no server")


def test_a_damaged_history_is_reported_with_the_line_and_kept(judged: Judged) -> None:
    history.append(judged.history, window(0))
    judged.history.write_text(judged.history.read_text() + json.dumps({"as_of": 1}) + "\n")
    content = judged.history.read_bytes()
    found = judged.run(window(1, "yes"))
    assert (found.state, f"{judged.history}: line 2: damaged, not a window" in found.message) == ("Failed", True)
    assert len(found.message.splitlines()) <= 4
    assert judged.history.read_bytes() == content
