"""Run a module as a program that cannot outlive its parent. Needs only the standard library.

`python -P guarded.py MODULE`: the parent writes one line of JSON, the arguments, to standard input, and keeps it open.
When it closes (the parent ended, normally or not), the whole process group is killed: the program and everything that
it started.

`python -P guarded.py MODULE PRELOADED...`: a template, which imports modules once and then forks one such program per
request. Its standard input is a socket: a request brings the program's standard input, its output, and a pipe to report
on, a
line with the process id and one with the exit code. It ends when the socket closes.

DVC rewrites files in place while other DVC processes may read them: SIGTERM waits until a file is complete.
"""

import contextlib
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
from collections.abc import Iterable
from types import FrameType

WHOLE = (("dvc/rwlock.py", "_edit_rwlock"), ("dvc/dvcfile.py", "dump"))
"""Functions that SIGTERM must not interrupt: other processes would read a half-written file."""
SOON = 0.01  # seconds until the next check


def main() -> None:
    """Lead a process group; become the program, or the template of many."""
    with contextlib.suppress(PermissionError):  # started as the leader of a session already
        os.setsid()
    module, *preloaded = sys.argv[1:]
    if preloaded:
        _fork_on_request(preloaded)
    _become(module)


def _become(module: str) -> None:
    signal.signal(signal.SIGTERM, _end_when_whole)
    alive = _standard_input()
    arguments = json.loads(_line(alive))
    threading.Thread(target=_die_with, args=(alive,), daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _standard_input() -> int:
    """Move standard input to another descriptor, put /dev/null in its place, and return the descriptor."""
    moved = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.close(nothing)
    return moved


def _fork_on_request(preloaded: Iterable[str]) -> None:
    """Serve requests: return in each forked process, never in the template."""
    for name in preloaded:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the reporting processes are not waited for
    control = socket.socket(fileno=_standard_input())
    while True:
        message, pipes, _, _ = socket.recv_fds(control, 1, 3)
        if not message:
            os._exit(0)
        if os.fork() == 0:
            control.close()
            _fork_and_report(*pipes)
            return
        for pipe in pipes:
            os.close(pipe)


def _fork_and_report(stdin: int, output: int, report: int) -> None:
    """Fork the program and return in it; this process waits for it, reports its exit code and exits."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    program = os.fork()
    if program == 0:
        os.setsid()
        for pipe, standard in ((stdin, 0), (output, 1), (output, 2)):
            os.dup2(pipe, standard)
        os.write(report, b"%d\n" % os.getpid())
    for pipe in (stdin, output):
        os.close(pipe)
    if program:
        for standard in (1, 2):
            os.dup2(0, standard)  # what the template prints must end with the template
        _, status = os.waitpid(program, 0)
        with contextlib.suppress(BrokenPipeError):  # the flow is gone
            os.write(report, b"%d\n" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    os.close(report)


def _end_when_whole(_: int, frame: FrameType | None) -> None:
    while frame is not None:
        if any(frame.f_code.co_filename.endswith(file) and frame.f_code.co_name == name for file, name in WHOLE):
            signal.signal(signal.SIGALRM, _end_when_whole)
            signal.setitimer(signal.ITIMER_REAL, SOON)
            return
        frame = frame.f_back
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)


def _line(pipe: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(pipe, 1)  # one by one: `_die_with` reads what follows the line
        if not byte:
            sys.exit(0)
        line += byte
    return line


def _die_with(alive: int) -> None:
    while os.read(alive, 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
