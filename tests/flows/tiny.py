"""A pipeline of shell commands in a repository, and three ways to run it: dvc, a child process, in process."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.e2e.project import ROOT, Project
from tests.flows.server import Server

PATIENCE = 30.0  # seconds until the server shows what it was told: it records task runs from events

BEGUN = r"Beginning flow run '([^']+)'"

T = TypeVar("T")

DIAMOND = """\
stages:
  begin:
    cmd: echo begin >> "$TRACE"; grep ^begin params.yaml | cat - source.txt > begin.txt
    deps: [source.txt]
    params: [begin]
    outs: [begin.txt]
  left:
    cmd: echo left >> "$TRACE"; grep ^left params.yaml | cat - begin.txt > left.txt
    deps: [begin.txt]
    params: [left]
    outs: [left.txt]
  right:
    cmd: echo right >> "$TRACE"; grep ^right params.yaml | cat - begin.txt > right.txt
    deps: [begin.txt]
    params: [right]
    outs: [right.txt]
  join:
    cmd: echo join >> "$TRACE"; cat left.txt right.txt > join.txt
    deps: [left.txt, right.txt]
    outs: [join.txt]
"""
"""Each command leaves its name in a file outside the project when it runs."""

PARAMS = "begin: 1\nleft: 1\nright: 1\n"


@dataclass(frozen=True)
class Task:
    """A task run, as the server has it."""

    name: str
    state: str
    message: str
    tries: int


@dataclass(frozen=True)
class FlowRun:
    """A flow run, as the server has it."""

    id: str
    state: str
    message: str
    tasks: Mapping[str, Task]

    @property
    def states(self) -> dict[str, str]:
        """Stage -> name of the state that its task ended in."""
        return {name: task.state for name, task in self.tasks.items()}


def tiny_project(folder: Path, pipeline: str = DIAMOND, params: str = PARAMS) -> Project:
    """Return a git and DVC repository with the given dvc.yaml and the project's flows, committed; nothing has run."""
    (folder / ".dvc").mkdir(parents=True)
    (folder / ".dvc" / "config").write_text("[core]\n    analytics = false\n    autostage = false\n")
    (folder / ".dvc" / ".gitignore").write_text("/config.local\n/tmp\n/cache\n")
    (folder / ".gitignore").write_text(".lockstep/\n")
    shutil.copytree(ROOT / "flows", folder / "flows", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "dvc.yaml").write_text(pipeline)
    (folder / "params.yaml").write_text(params)
    (folder / "source.txt").write_text("source\n")
    project = Project(folder, _environment(folder))
    project.run("git", "init", "-q", "-b", "main")
    project.commit("start")
    return project


def copy_of(project: Project, folder: Path) -> Project:
    """Return a copy of a tiny project, DVC's cache with it; its stages leave their names in a file of its own."""
    shutil.copytree(project.root, folder, symlinks=True)
    return Project(folder, _environment(folder))


def write(project: Project, name: str, text: str) -> None:
    """Write a file of the project."""
    (project.root / name).write_text(text)


def lock_of(project: Project) -> bytes:
    """Return dvc.lock, byte for byte."""
    return (project.root / "dvc.lock").read_bytes()


def is_clean(project: Project) -> bool:
    """Ask `dvc status`, in a process of its own."""
    return project.run("dvc", "status").stdout.strip() == "Data and pipelines are up to date."


def clean_here(project: Project) -> bool:
    """Ask what `dvc status` asks, without the seconds that a process takes to start."""
    from dvc.repo import Repo

    with inside(project), Repo(project.root) as repo:
        return repo.status() == {}


def traced(project: Project) -> list[str]:
    """Return the names that stages left since the last call, in the order in which they ran."""
    trace = Path(project.environment["TRACE"])
    lines = trace.read_text().splitlines() if trace.exists() else []
    trace.unlink(missing_ok=True)
    return lines


def repro_here(project: Project) -> None:
    """Run what the command `dvc repro` runs, without the second that a process takes to start."""
    from dvc.repo import Repo

    with inside(project), Repo(project.root) as repo, redirect_stdout(io.StringIO()):
        repo.reproduce()


def push_here(project: Project) -> None:
    """Do what `dvc push` does, in this process."""
    from dvc.repo import Repo

    with inside(project), Repo(project.root) as repo:
        repo.push()


def start_flow(project: Project, server: Server, **params: Any) -> "subprocess.Popen[str]":
    """Start `python -m flows.pipeline`, output and errors in one pipe."""
    given = [text for key, value in params.items() for text in ("-p", f"{key}={value}")]
    return subprocess.Popen(
        [sys.executable, "-m", "flows.pipeline", *given],
        cwd=project.root,
        env=project.env(**server.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run_flow(project: Project, server: Server, **params: Any) -> tuple[int, str, FlowRun | None]:
    """Run the flow as a process of its own: exit code, output, and what the server has of it, if anything."""
    return finished(start_flow(project, server, **params), server)


def finished(process: "subprocess.Popen[str]", server: Server, said: str = "") -> tuple[int, str, FlowRun | None]:
    """Wait for the end of a process that has said something already; return what `run_flow` does."""
    output = said + process.communicate()[0]
    named = re.search(BEGUN, output)
    return process.returncode, output, read_run(server, named[1]) if named else None


def said_until(process: "subprocess.Popen[str]", pattern: str) -> str:
    """Return what a process says up to the line that has the pattern in it."""
    said = ""
    assert process.stdout is not None
    while not re.search(pattern, said):
        line = process.stdout.readline()
        assert line, f"ended before it said {pattern!r}:\n{said}"
        said += line
    return said


def flow_here(project: Project, server: Server, **params: Any) -> FlowRun:
    """Run the flow in this process, which saves the seconds that a process needs to import Prefect."""
    from flows.pipeline import pipeline

    with server.chosen(), inside(project):
        state = pipeline(**params, return_state=True)
    return read_run(server, state.state_details.flow_run_id)


def read_run(server: Server, run: Any) -> FlowRun:
    """Read a flow run by its id or name, when all of its task runs have come in."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, FlowRunFilterName
    from prefect.client.schemas.sorting import FlowRunSort, TaskRunSort

    by = FlowRunFilter(name=FlowRunFilterName(any_=[run])) if isinstance(run, str) else None
    by = by or FlowRunFilter(id=FlowRunFilterId(any_=[run]))
    with server.chosen(), get_client(sync_client=True) as client:
        (found,) = client.read_flow_runs(flow_run_filter=by, sort=FlowRunSort.START_TIME_DESC, limit=1)
        expected = {row["stage"] for row in read_artifacts(server, found.id).get("stages", [])}
        deadline = time.monotonic() + PATIENCE
        while True:
            runs = client.read_task_runs(flow_run_filter=by, sort=TaskRunSort.ID_DESC, limit=200)
            known = {task.name for task in runs if task.state and _is_over(task.state)}
            if len(known) == len(runs) and expected <= known:
                break
            assert time.monotonic() < deadline, f"task runs that never came in: {expected - known}"
            time.sleep(0.05)
    tasks = {task.name: Task(task.name, task.state.name, task.state.message or "", task.run_count) for task in runs}
    return FlowRun(str(found.id), found.state.name, found.state.message or "", tasks)


def id_of(server: Server, name: str) -> str:
    """Return the id of the flow run of that name."""
    (found,) = server.find("flow_runs", flow_runs={"name": {"any_": [name]}})
    return str(found["id"])


def state_of(server: Server, name: str) -> str:
    """Return the name of the state that a flow run is in, whatever became of its tasks."""
    (found,) = server.find("flow_runs", flow_runs={"name": {"any_": [name]}})
    return str(found["state_name"])


def read_artifacts(server: Server, run_id: Any) -> dict[str, Any]:
    """Return key -> data of the artifacts of a run: rows of a table, text of a link, percent of progress."""
    found = server.find("artifacts", artifacts={"flow_run_id": {"any_": [str(run_id)]}})
    return {a["key"]: json.loads(a["data"]) if a["type"] == "table" else a["data"] for a in found}


def read_logs(server: Server, run_id: Any) -> list[str]:
    """Return the messages that the server has of a run and its tasks, by time."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
    from prefect.client.schemas.sorting import LogSort

    by = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id]))
    with server.chosen(), get_client(sync_client=True) as client:
        messages: list[str] = []
        while page := client.read_logs(by, limit=200, offset=len(messages), sort=LogSort.TIMESTAMP_ASC):
            messages += [log.message for log in page]
    return messages


def _environment(folder: Path) -> dict[str, str]:
    return {"TRACE": str(folder.with_name(f"{folder.name}.trace"))}


def awaited(look: Callable[[], T], enough: Callable[[T], Any]) -> T:
    """Look until it is enough: what a flow tells the server is on its way for a moment."""
    deadline = time.monotonic() + PATIENCE
    while not enough(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def _is_over(state: Any) -> bool:
    """A task whose upstream failed stays pending: Prefect names that state NotReady, and leaves it there."""
    return state.is_final() or state.name == "NotReady"


@contextmanager
def inside(project: Project) -> Iterator[None]:
    """Work in the project's folder, with its environment."""
    before, folder = dict(os.environ), Path.cwd()
    os.environ.update(project.env())
    os.chdir(project.root)
    try:
        yield
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(before)
