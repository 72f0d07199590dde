"""Failing stages: which are retried, how often, and what is reported."""

import subprocess
import time
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from tests.e2e.project import Project
from tests.flows.server import Server
from tests.flows.tiny import FlowRun, flow_here, run_flow, start_flow, tiny_project, traced

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows")]


def project_of(folder: Path, *commands: str, meta: str = "{}") -> Project:
    """Return a project whose stage `first` runs the commands, and whose stage `second` needs it."""
    listed = "".join(f"      - |\n{_indented(command)}" for command in commands)
    return tiny_project(
        folder,
        f"stages:\n  first:\n    cmd:\n{listed}    meta: {meta}\n    deps: [source.txt]\n    outs: [first.txt]\n"
        '  second:\n    cmd: echo second >> "$TRACE"; cp first.txt second.txt\n'
        "    deps: [first.txt]\n    outs: [second.txt]\n",
    )


def _indented(text: str) -> str:
    return "".join(f"        {line}\n" for line in dedent(text).strip().splitlines())


def test_a_stage_that_is_unavailable_twice_is_tried_three_times(tmp_path: Path, prefect_server: Server) -> None:
    command = """
        echo try >> "$TRACE"
        if [ "$(grep -c try "$TRACE")" -lt 3 ]; then echo "lockstep: the database is down" >&2; exit 75; fi
        echo 1 > first.txt
    """
    project = project_of(tmp_path / "p", command, meta="{retries: 3, retry_delay: 0s}")
    run = flow_here(project, prefect_server)
    assert (run.state, run.states) == ("Completed", {"first": "Completed", "second": "Completed"})
    assert run.tasks["first"].tries == 3
    assert traced(project) == ["try", "try", "try", "second"]


def test_an_input_error_fails_at_once_with_the_stages_message(tmp_path: Path, prefect_server: Server) -> None:
    command = """
        echo try >> "$TRACE"
        echo "working on it"
        echo "lockstep: params.yaml: train.rounds: expected at least 1, got 0" >&2
        echo "  - and a detail" >&2
        exit 2
    """
    project = project_of(tmp_path / "p", command, meta="{retries: 3, retry_delay: 0s}")
    code, output, run = run_flow(project, prefect_server)
    assert run is not None
    said = "first: params.yaml: train.rounds: expected at least 1, got 0\n  - and a detail"
    task = run.tasks["first"]
    assert (task.state, task.message, task.tries) == ("Failed", said, 1)
    assert (run.state, run.message) == ("Failed", said)
    assert run.tasks["second"].state == "NotReady"
    assert traced(project) == ["try"]
    assert code == 1
    assert said in output
    assert "Traceback" not in output


FAILING = """\
stages:
  errored:
    cmd: echo no such thing >&2; exit 1
    meta: {retries: 1, retry_delay: 0s, owner: me}
    outs: [errored]
  unavailable:
    cmd: echo away >&2; exit 75
    meta: {retries: 1, retry_delay: 0s}
    outs: [unavailable]
  killed:
    cmd: echo last words; kill -9 $$
    meta: {retries: 1, retry_delay: 0s}
    outs: [killed]
  once:
    cmd: exit 75
    outs: [once]
  later:
    cmd:
      - echo one
      - |
        echo lockstep: bad
        exit 2
    outs: [later]
  slow:
    cmd: sleep 1234.5 & sleep 1234.5
    meta: {timeout: 2s}
    outs: [slow]
"""


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory, prefect_server: Server) -> FlowRun:
    return flow_here(tiny_project(tmp_path_factory.mktemp("failing") / "p", FAILING), prefect_server)


@pytest.mark.parametrize(
    ("stage", "state", "tries", "message"),
    [
        ("errored", "Errored", 2, "errored: no such thing"),
        ("unavailable", "Unavailable", 2, "unavailable: away"),
        ("killed", "Killed", 2, "killed: last words"),
        ("once", "Unavailable", 1, "once: exit code 75"),
        ("later", "Failed", 1, "later: bad"),
        ("slow", "TimedOut", 1, "slow: still running after 2 s (`timeout` of its meta in dvc.yaml)"),
    ],
)
def test_each_fault_has_its_state_message_and_number_of_tries(
    stage: str, state: str, tries: int, message: str, failing: FlowRun
) -> None:
    task = failing.tasks[stage]
    assert (task.state, task.tries, task.message) == (state, tries, message)


def test_the_flow_reports_the_message_of_every_failed_stage(failing: FlowRun) -> None:
    assert failing.state == "Failed"
    assert sorted(failing.message.splitlines()) == sorted(task.message for task in failing.tasks.values())


def test_a_stage_that_timed_out_leaves_no_process(failing: FlowRun) -> None:
    assert failing.tasks["slow"].state == "TimedOut"
    assert not [p for p in psutil.process_iter(["cmdline"]) if "1234.5" in (p.info["cmdline"] or [])]


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ("{retires: 3}", "dvc.yaml: stages.first.meta: unknown key\n  - retires; did you mean 'retries'?"),
        ("{retries: -1}", "dvc.yaml: stages.first.meta"),
        ("{retry_delay: soon}", "retry_delay"),
    ],
)
def test_a_wrong_meta_is_an_error_that_names_it(meta: str, said: str, tmp_path: Path, prefect_server: Server) -> None:
    run = flow_here(project_of(tmp_path / "p", 'echo try >> "$TRACE"', meta=meta), prefect_server)
    assert run.state == "Failed"
    assert said in run.message
    assert run.tasks == {}


def test_what_dvc_cannot_read_is_reported_without_a_traceback(tmp_path: Path, prefect_server: Server) -> None:
    project = tiny_project(tmp_path / "p", "stages:\n  first:\n    cmd: echo ${nowhere}\n    outs: [a]\n")
    code, output, run = run_flow(project, prefect_server)
    assert code == 1
    assert run is not None
    assert "nowhere" in run.message
    assert "Traceback" not in output


def test_the_flow_waits_for_a_dvc_command_run_by_hand(tmp_path: Path, prefect_server: Server) -> None:
    """DVC itself refuses at once to touch files that another of its commands is making."""
    command = 'echo try >> "$TRACE"\nuntil [ -e go ]; do sleep 0.05; done\ncp source.txt first.txt'
    project = project_of(tmp_path / "p", command)
    with subprocess.Popen(["dvc", "repro", "-q"], cwd=project.root, env=project.env()) as by_hand:
        trace = Path(project.environment["TRACE"])
        while not trace.exists():
            assert by_hand.poll() is None
            time.sleep(0.02)
        with start_flow(project, prefect_server) as flow:
            said: list[str] = []
            for line in flow.stdout:
                said.append(line)
                if "blocked by" in line:
                    (project.root / "go").touch()
    assert flow.returncode == 0, "".join(said)
    assert sorted(traced(project)) == ["second", "try"]
