"""Visible while a flow runs: its log, its progress, and that it holds the workspace."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flows.server import Server
from tests.flows.tiny import (
    BEGUN,
    FlowRun,
    awaited,
    finished,
    flow_here,
    id_of,
    lock_of,
    read_artifacts,
    read_logs,
    said_until,
    start_flow,
    tiny_project,
    traced,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows")]

LINE = "    slow · rows: 3 of 10"

PAUSED = f"""\
stages:
  slow:
    cmd: |-
      echo slow >> "$TRACE"
      echo "{LINE}"
      until [ -e go ]; do sleep 0.05; done
      cp source.txt slow.txt
    deps: [source.txt]
    outs: [slow.txt]
"""

MEETING = """\
stages:
  left:
    cmd: |-
      now=$(date +%s.%N); echo $now > "$TRACE.left"
      until [ -e "$TRACE.right" ]; do sleep 0.05; done
      date +%s.%N > left.txt
    meta: {timeout: 60s}
    deps: [source.txt]
    outs: [left.txt]
  right:
    cmd: |-
      now=$(date +%s.%N); echo $now > "$TRACE.right"
      until [ -e "$TRACE.left" ]; do sleep 0.05; done
      date +%s.%N > right.txt
    meta: {timeout: 60s}
    deps: [source.txt]
    outs: [right.txt]
"""
"""Each branch waits for the other to have begun."""

MET = """\
stages:
  meet:
    cmd: touch here; until ls ../one/here ../two/here; do sleep 0.05; done; echo meet | tee -a "$TRACE" > met
    meta: {timeout: 60s}
    outs: [met]
"""
"""The stage ends when both folders' flows are in the middle of it."""


@dataclass(frozen=True)
class Run:
    """A flow that ran as a process."""

    pid: int
    code: int
    output: str
    run: FlowRun


@dataclass(frozen=True)
class Seen:
    """What was seen of a flow that was held in the middle of a stage, and of two that came to its folder."""

    name: str
    holder: Run
    log: list[str]
    """On the server, while the stage was still running."""
    progress: float
    """Likewise."""
    last_progress: float
    refused: FlowRun
    """Of the one that would not wait."""
    waited: Run
    """The one that would."""
    ran: list[str]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, prefect_server: Server) -> Seen:
    project = tiny_project(tmp_path_factory.mktemp("live") / "p", PAUSED)
    with start_flow(project, prefect_server) as first:
        said = said_until(first, BEGUN)
        name = re.search(BEGUN, said)[1]
        run_id = id_of(prefect_server, name)
        log = awaited(lambda: read_logs(prefect_server, run_id), lambda lines: LINE in lines)
        shown = awaited(lambda: read_artifacts(prefect_server, run_id), lambda found: "progress-slow" in found)
        refused = flow_here(project, prefect_server, wait=0.5)
        with start_flow(project, prefect_server, wait=60) as second:
            heard = said_until(second, "is held by")
            (project.root / "go").touch()
            holder = Run(first.pid, *finished(first, prefect_server, said))
            waited = Run(second.pid, *finished(second, prefect_server, heard))
    last = read_artifacts(prefect_server, run_id)["progress-slow"]
    return Seen(name, holder, log, shown["progress-slow"], last, refused, waited, traced(project))


def test_what_a_stage_prints_is_in_the_runs_log_while_it_runs(seen: Seen) -> None:
    assert "Running stage 'slow':" in seen.log
    assert LINE in seen.log
    assert "Finished in state Completed()" not in seen.log


def test_progress_is_an_artifact_while_the_stage_runs(seen: Seen) -> None:
    assert seen.progress == 30.0
    assert seen.last_progress == 100.0


def test_a_flow_that_may_not_wait_names_the_holder_of_the_workspace(seen: Seen) -> None:
    assert seen.refused.state == "Failed"
    assert f"held by flow run '{seen.name}' (process {seen.holder.pid} on " in seen.refused.message
    assert seen.refused.message.endswith("waited 0.5 s")
    assert seen.refused.tasks == {}


def test_a_waiting_flow_names_the_holder_and_then_has_nothing_to_do(seen: Seen) -> None:
    assert f"held by flow run '{seen.name}' (process {seen.holder.pid} on " in seen.waited.output
    assert (seen.holder.code, seen.waited.code) == (0, 0)
    assert seen.holder.run.states == {"slow": "Completed"}
    assert seen.waited.run.states == {"slow": "Cached"}
    assert seen.ran == ["slow"]


@pytest.mark.skipif(os.cpu_count() == 1, reason="branches run side by side on two processors")
def test_independent_branches_run_in_parallel(tmp_path: Path, prefect_server: Server) -> None:
    project = tiny_project(tmp_path / "p", MEETING)
    assert flow_here(project, prefect_server).state == "Completed"
    begun = {side: float((tmp_path / f"p.trace.{side}").read_text()) for side in ("left", "right")}
    ended = {side: float((project.root / f"{side}.txt").read_text()) for side in ("left", "right")}
    assert begun["left"] <= ended["right"]
    assert begun["right"] <= ended["left"]


def test_flows_in_two_workspaces_are_independent(tmp_path: Path, prefect_server: Server) -> None:
    one, two = (tiny_project(tmp_path / name, MET) for name in ("one", "two"))
    with start_flow(one, prefect_server) as first, start_flow(two, prefect_server) as second:
        codes = [finished(process, prefect_server)[0] for process in (first, second)]
    assert codes == [0, 0]
    assert traced(one) == traced(two) == ["meet"]
    assert lock_of(one) == lock_of(two)
