"""Programs in process groups of their own: read line by line, and ended with all that they started."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO, Protocol

from lockstep.core.errors import LockstepError
from lockstep.orchestrate.running import guarded
from lockstep.orchestrate.running.output import Lines

WORKSPACE = "LOCKSTEP_FLOW_WORKSPACE"
"""Environment variable of everything that a flow starts: the workspace it works in."""

SHARED = {WORKSPACE: ""}
"""Environment of a server: it belongs to no workspace, so no flow takes it for a leftover of a killed one."""

GRACE = 10.0  # seconds between SIGTERM and SIGKILL
TICK = 0.2  # seconds between two checks of time limit and cancellation
PIPE = 1 << 20  # bytes: the most that a pipe holds by default on Linux


class StoppedError(LockstepError):
    """The flow run was cancelled or is ending, and its work was ended with it."""

    def __init__(self) -> None:
        super().__init__("cancelled before it finished")


class TimeLimitError(Exception):
    """The program exceeded its time limit and was ended."""


class Process(Protocol):
    """A program that runs, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int:
        """Process id, which is that of its process group too."""

    @property
    def stdin(self) -> IO[bytes] | None:
        """Where its arguments go; closing it ends the group."""

    @property
    def stdout(self) -> IO[bytes] | None:
        """What it prints."""

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""

    def wait(self) -> int:
        """Wait for its end and return the exit code."""


@dataclass(frozen=True)
class Program:
    """A Python module to run as a program in a folder."""

    module: str
    folder: Path
    environment: Mapping[str, str]
    preloaded: Sequence[str] = ()
    """Modules that `Forks` imports before it forks."""


def environment_for(program: Program) -> dict[str, str]:
    """Return the environment of a program, which names the workspace that it works for."""
    return {**os.environ, WORKSPACE: str(program.folder.resolve()), **program.environment}


def launch(program: Program, *, quiet: bool = False) -> subprocess.Popen[bytes]:
    """Start a program that waits for its arguments, as the leader of a process group that dies with this process.

    Its output is a pipe that must be read, or discarded if `quiet`.
    """
    return subprocess.Popen(  # noqa: S603 # no shell
        [sys.executable, "-P", guarded.__file__, program.module],
        cwd=program.folder,
        env=environment_for(program),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL if quiet else subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


@contextmanager
def running(process: Process, arguments: Sequence[str]) -> Iterator[Process]:
    """Give a program its arguments, and end its whole group on leaving."""
    assert process.stdin is not None
    try:
        with suppress(BrokenPipeError):  # it ended before it began: its exit code says so
            process.stdin.write(json.dumps(list(arguments)).encode() + b"\n")
            process.stdin.flush()
        yield process
    finally:
        end(process)


def follow(
    process: Process, arguments: Sequence[str], say: Callable[[str], None], stop: Event, limit: float | None = None
) -> int:
    """Run a program to its end, pass each line of its output on, and return its exit code.

    Args:
        process: as launched.
        arguments: its arguments.
        say: called with each line.
        stop: set from another thread to end the program.
        limit: time limit in seconds.

    Raises:
        StoppedError: `stop` was set.
        TimeLimitError: the limit was reached.
    """
    deadline = time.monotonic() + limit if limit else None
    with running(process, arguments):
        for line in _lines(process, lambda: _still_allowed(stop, deadline)):
            say(line)
        return process.wait()


def end(process: Process) -> None:
    """End a process group, with SIGTERM first; return when none of its processes is left."""
    _signal(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while _group(process.pid) and time.monotonic() < deadline:
        process.poll()
        time.sleep(0.02)
    _signal(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(BrokenPipeError):
                pipe.close()


def _still_allowed(stop: Event, deadline: float | None) -> None:
    if stop.is_set():
        raise StoppedError
    if deadline is not None and time.monotonic() > deadline:
        raise TimeLimitError


def _lines(process: Process, check: Callable[[], None]) -> Iterator[str]:
    """Yield complete lines, and at the end an incomplete one."""
    lines = Lines()
    for chunk in _chunks(process, check):
        yield from lines.feed(chunk)
    yield from lines.feed(b"")


def _chunks(process: Process, check: Callable[[], None]) -> Iterator[bytes]:
    """Yield its output until it has ended; a child that it leaves behind may keep the pipe open."""
    assert process.stdout is not None
    left = PIPE
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while left > 0:
            check()
            ended = process.poll() is not None  # before reading: its last output is then in the pipe already
            if selector.select(0 if ended else TICK):
                chunk = os.read(process.stdout.fileno(), 1 << 16)
                if not chunk:
                    return
                yield chunk
                left -= len(chunk) if ended else 0
            elif ended:
                return


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


def _group(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
