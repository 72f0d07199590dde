"""Commands as a user types them; `lockstep` and `dvc` are forked from a process that has imported everything.

Where the environment differs in what an interpreter or a library reads at its start (PYTHONHASHSEED, OMP_NUM_THREADS,
LC_ALL, ...), a new interpreter is started; for a whole `dvc repro` a server of its own. Where PYTHONPATH leads to other
code than this checkout's, a new interpreter is started too.
"""

import fcntl
import functools
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PATIENCE = 180.0  # seconds until the server has imported everything
AT_START = re.compile(r"(PYTHON|OMP_|OPENBLAS_|MKL_|NUMEXPR_|LC_|LANG|LD_|MALLOC_|MPL)(?!PATH)")
"""Variables that are read when an interpreter or a library starts."""


class Process:
    """A process that the server has forked, with what is wanted of `subprocess.Popen`."""

    def __init__(self, connection: socket.socket) -> None:
        self.pid = int(connection.recv(64))
        self.returncode: int | None = None
        self._connection = connection

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs; minus the number of the signal that ended it."""
        return self._look(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return its exit code."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return code

    def kill(self) -> None:
        """Send SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = int(self._connection.recv(64))
            except (BlockingIOError, TimeoutError):
                return None
            self._connection.close()
        return self.returncode

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None and self.poll() is None:
            self.kill()
        self.wait()


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None, timeout: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, and return its exit code, output and errors.

    Args:
        command: the program and its arguments; no shell.
        folder: to run it in.
        environment: all of its environment; None for this process's.
        timeout: seconds after which it is killed, and `subprocess.TimeoutExpired` is raised.
    """
    surroundings = dict(os.environ if environment is None else environment)
    if not can_fork(command, surroundings):
        return subprocess.run(
            _installed(command),
            cwd=folder,
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        with fork(command, folder, surroundings, out, errors) as process:
            code = process.wait(timeout)
        texts = [file.seek(0) or file.read().decode() for file in (out, errors)]
    return subprocess.CompletedProcess(list(command), code, *texts)


def start(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> "Process | subprocess.Popen[bytes]":
    """Start a command whose output nobody reads."""
    if not can_fork(command, environment):
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(_installed(command), cwd=folder, env=environment, stdout=nowhere, stderr=nowhere)
    with Path(os.devnull).open("w") as nothing:
        return fork(command, folder, environment, nothing, nothing)


def fork(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], out: IO[Any], errors: IO[Any]
) -> Process:
    """Let the server fork a command."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(str(_server(_at_start(environment)) / "socket"))
    asked = {"command": list(command), "folder": str(folder), "environment": dict(environment)}
    socket.send_fds(connection, [json.dumps(asked).encode()], [out.fileno(), errors.fileno()])
    return Process(connection)


def can_fork(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Tell whether a fork would do what a new interpreter does."""
    return (
        command[0] in {"lockstep", "dvc"}
        and (_at_start(environment) == _at_start(os.environ) or list(command[:2]) == ["dvc", "repro"])
        and all(_is_ours(Path(place)) for place in environment.get("PYTHONPATH", "").split(os.pathsep) if place)
    )


def _installed(command: Sequence[str]) -> list[str]:
    """Return the command with the program of this environment, where it has it."""
    program = Path(sys.executable).parent / command[0]
    return [str(program) if program.exists() else command[0], *command[1:]]


def _at_start(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in environment.items() if AT_START.match(name)))


def _is_ours(source: Path) -> bool:
    """Tell whether a folder of sources is not there, or holds this checkout's code, which the server has imported."""
    return source in {ROOT, SOURCE} or not source.exists() or _code(source) == _our_code()


@functools.cache
def _our_code() -> dict[str, bytes]:
    return _code(SOURCE)


def _code(source: Path) -> dict[str, bytes]:
    return {str(path.relative_to(source)): path.read_bytes() for path in source.rglob("*.py")}


@functools.cache
def _server(at_start: tuple[tuple[str, str], ...]) -> Path:
    """Return the folder of a server that all workers of this test run share; the first one starts it."""
    run_id = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    digest = hashlib.sha256(repr(at_start).encode()).hexdigest()[:8]
    folder = Path(tempfile.gettempdir()) / f"lockstep-tests-{run_id}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    held = os.open(folder / "alive", os.O_WRONLY | os.O_CREAT)  # open for as long as this process lives
    fcntl.flock(held, fcntl.LOCK_SH)
    with (folder / "starting").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "socket").exists():
            others = {name: value for name, value in os.environ.items() if not AT_START.match(name)}
            _start_server(folder, others | dict(at_start))
    return folder


_servers: list["subprocess.Popen[bytes]"] = []
"""Started here; each ends when all processes that hold its lock have ended."""


def _start_server(folder: Path, environment: Mapping[str, str]) -> None:
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fork_server", str(folder)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _servers.append(process)
    deadline = time.monotonic() + PATIENCE
    while not (folder / "socket").exists():
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline, "the fork server does not start"
        time.sleep(0.02)
