"""Run a module as a program that cannot outlive its parent: `python -P guarded.py MODULE PRELOADED...`.

The parent writes one line of JSON, the arguments, to standard input, and keeps it open. When it closes, because the
parent ended in whatever way, the whole process group is killed: the program and everything that it started. What is
preloaded is imported before the arguments are there. Needs nothing but the standard library.

DVC rewrites files that other DVC processes of the same workspace read in place: SIGTERM waits until it has done so.
"""

import contextlib
import importlib
import json
import os
import runpy
import signal
import sys
import threading
from types import FrameType

WHOLE = (("dvc/rwlock.py", "_edit_rwlock"), ("dvc/dvcfile.py", "dump"))
"""Functions in the middle of which SIGTERM would leave half a file to others."""
SOON = 0.01  # seconds until the next look


def main() -> None:
    """Lead a process group, watch the parent, become the program."""
    with contextlib.suppress(PermissionError):  # started as the leader of a session already
        os.setsid()
    module, *preloaded = sys.argv[1:]
    for name in preloaded:
        importlib.import_module(name)
    signal.signal(signal.SIGTERM, _end_when_whole)
    alive = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # the program does not read what was meant for the watch
    os.close(nothing)
    arguments = json.loads(_line(alive))
    threading.Thread(target=_die_with, args=(alive,), daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


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
        byte = os.read(pipe, 1)  # one by one: what comes after the line is for the watch
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
