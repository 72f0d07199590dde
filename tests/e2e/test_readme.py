"""README.md's commands as a user types them: in a bare clone, with HOME and PATH and nothing else in the environment.

Every command in README.md, in a code block or in backticks, is run in the order of the page, new ones without a change
here.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.project import ROOT, Project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("readme")]

PATIENCE = 300.0  # seconds
PROGRAMS = "make|lockstep|dvc|prefect|python"
SERVE = ("make up", "make ui")

NOT_RUN = {
    "make test": "the suite that this test is part of",
    "make lint": "a step of .ci/run of its own",
    "make bench": "takes minutes",
    "make lock": "asks a package index",
    "make verify": "the same as `lockstep verify`",
    "lockstep verify": "runs every stage again: tests/e2e/test_repro.py",
    "lockstep verify --version 7": "needs seven versions: tests/integration/test_lineage_command.py",
    "dvc exp run": "the name of the command, not one to type",
    "dvc exp run -S": "the name of an option",
    "lockstep lineage X": "X is a placeholder",
    "python -m flows.retraining -p as_of=2025-07-31": "half a minute: tests/flows/test_retraining.py",
    "dvc exp show": "run with its options",
}
CODES = {
    "lockstep gate --champion main": (0, 1),  # whether so small a model may be served
    "lockstep promote": (0, 1),
    "lockstep contracts infer": (2,),  # they exist already
    "lockstep rollback": (2,),  # there is no champion before the first one
}
"""Exit codes of commands that answer a question."""

SAYS = {
    "make repro": "gate ",
    "dvc exp run -S train.params.max_depth=4": "Ran experiment",
    "lockstep review": "train.params.max_depth",
    "make flow": "pipeline: ",
    "lockstep history": "champion",
}
"""A part of what a command prints."""


def commands() -> list[str]:
    """Return what README.md says to type, in its order, each once."""
    found, language = [], None
    for line in (ROOT / "README.md").read_text().splitlines():
        if line.strip().startswith("```"):
            language = None if language is not None else line.strip().removeprefix("```")
        elif language == "sh" or (language == "console" and line.strip().startswith("$ ")):
            found.append(line.split("  #")[0].strip().removeprefix("$ "))
        elif language is None:
            found += re.findall(rf"`((?:{PROGRAMS}) [^`]+)`", line)
    return list(dict.fromkeys(found))


RUN = [command for command in commands() if command not in NOT_RUN]
NIGHT = [command for command in RUN if command.startswith("prefect deployment run")]


@dataclass(frozen=True)
class Clone:
    """A bare clone, its environment built, and the home of a user who has nothing else."""

    root: Path
    home: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        return {"HOME": str(self.home), "PATH": os.defpath.lstrip(":") + ":/usr/local/bin"}

    def shell(self, command: str) -> list[str]:
        """Return the command as a shell runs it in which README's environment is on the path."""
        return ["bash", "-c", command if command.startswith("make ") else f"source .venv/bin/activate && {command}"]

    def type(self, command: str) -> tuple[int, str]:
        """Run a command and return its exit code and all that it printed."""
        done = subprocess.run(
            self.shell(command),
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout

    @contextmanager
    def served(self, command: str, address: str) -> Iterator[Path]:
        """Run a command that serves until Ctrl-C, and yield its log when the address answers."""
        log = self.root.with_name(f"{command.split()[1]}.log")
        with log.open("wb") as out:
            process = subprocess.Popen(
                self.shell(command), cwd=self.root, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )
        try:
            until(lambda: _answers(address), log, lambda: process.poll() is None)
            yield log
        finally:
            os.killpg(process.pid, signal.SIGINT)  # Ctrl-C goes to all that the terminal runs
            process.wait(timeout=PATIENCE)

    def run_of(self, name: str) -> dict[str, Any]:
        """Return a flow run by its name, as the server has it."""
        asked = {"flow_runs": {"name": {"any_": [name]}}}
        (found,) = httpx.post(f"http://127.0.0.1:{self.port}/api/flow_runs/filter", json=asked, timeout=30.0).json()
        return found


def until(true: Callable[[], Any], log: Path, alive: Callable[[], bool] = lambda: True) -> None:
    """Wait; what is awaited writes a log."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert alive(), log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)


@pytest.fixture(scope="module")
def clone(shop: Project, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone of a repository in which `dvc repro` ran; DVC's cache is at hand, which saves half a minute."""
    folder = tmp_path_factory.mktemp("readme")
    made = Clone(folder / "clone", folder / "home", _free_port())
    made.home.mkdir()
    (made.home / ".gitconfig").write_text("[user]\n    name = t\n    email = t@t\n")
    subprocess.run(["git", "clone", "-q", shop.root, made.root], check=True)
    shutil.copytree(shop.root / ".dvc" / "cache", made.root / ".dvc" / "cache", symlinks=True)
    settings = made.root / "prefect.toml"
    settings.write_text(settings.read_text().replace("4200", str(made.port)))  # as a user whose port 4200 is taken
    _build_environment(made)
    assert made.type("git commit -qam 'my port'") == (0, "")
    return made


@pytest.fixture(scope="module")
def up(clone: Clone) -> Iterator[Path]:
    """`make up`, when it serves; what it says is in the file."""
    with clone.served("make up", f"http://127.0.0.1:{clone.port}/api/health") as log:
        until(lambda: "Ctrl-C" in log.read_text(), log)
        yield log


@pytest.mark.parametrize("command", [command for command in RUN if command not in {*NIGHT, *SERVE}])
def test_it_works_as_typed(command: str, clone: Clone) -> None:
    code, said = clone.type(command)
    assert code in CODES.get(command, (0,)), said
    assert SAYS.get(command, "") in said
    assert "Traceback" not in said


def test_make_ui_opens_pages(clone: Clone) -> None:
    port = _free_port()
    with clone.served(f"make ui PORT={port}", f"http://127.0.0.1:{port}"):
        assert "MLflow" in httpx.get(f"http://127.0.0.1:{port}").text


def test_make_up_prints_the_commands(up: Path) -> None:
    said = up.read_text()
    assert {command for command in NIGHT if "-p" not in command} <= set(
        re.findall(r"prefect deployment run '\S+'", said)
    )


def test_deployments_run_as_typed(clone: Clone, up: Path) -> None:
    """The pipeline runs to its end; of the others, which take longer, it is enough here that they begin."""
    names = {}
    for command in NIGHT:
        code, said = clone.type(command)
        assert code == 0, said
        names[command] = re.search(r"Created flow run '([^']+)'", said)[1]
    for command, name in names.items():
        end = "'pipeline/manual'" in command
        until(lambda name=name, end=end: _is_over(clone.run_of(name)) if end else _has_begun(clone.run_of(name)), up)
        state = clone.run_of(name)["state"]
        assert state["type"] in ({"COMPLETED"} if end else {"COMPLETED", "RUNNING", "SCHEDULED"}), f"{command}: {state}"


def test_every_command_left_out_is_on_the_page() -> None:
    assert set(NOT_RUN) <= set(commands())


def _build_environment(clone: Clone) -> None:
    """Make what `make .venv/.ready` makes, with the libraries of the environment that runs the suite."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", clone.root / ".venv"], check=True)
    programs, libraries = clone.root / ".venv" / "bin", Path(pytest.__file__).parents[1]
    place = next((clone.root / ".venv" / "lib").iterdir()) / "site-packages"
    (place / "libraries.pth").write_text(f"{clone.root / 'src'}\n{libraries}\n")
    for name in ("dvc", "lockstep", "mlflow", "prefect"):
        first, rest = (Path(sys.executable).parent / name).read_text().split("\n", 1)
        assert first.startswith("#!")
        (programs / name).write_text(f"#!{programs / 'python'}\n{rest}")
        (programs / name).chmod(0o755)
    (clone.root / ".venv" / ".ready").touch()


def _is_over(run: dict[str, Any]) -> bool:
    return run["end_time"] is not None


def _has_begun(run: dict[str, Any]) -> bool:
    """A second run of a deployment waits for the first one, with a state that says so."""
    return run["start_time"] is not None or run["state_name"] == "AwaitingConcurrencySlot"


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5.0).is_success
    except httpx.HTTPError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
