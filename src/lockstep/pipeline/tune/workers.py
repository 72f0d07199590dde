"""Who works on a study from this folder: a worker holds a lock, which the kernel drops however the worker dies."""

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lockstep.core.errors import TransientError

SUFFIX = ".worker"
LOCK = "alone.lock"
POLL = 0.2  # seconds


@contextmanager
def alone(folder: Path, patience: float) -> Iterator[None]:
    """Keep other workers of this folder out; wait for one that is in, as one left over from a killed run may be.

    Raises:
        TransientError: it is still there after `patience` seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a+", encoding="utf-8") as handle:
        deadline = time.monotonic() + patience
        while not _locked(handle):
            if time.monotonic() > deadline:
                handle.seek(0)
                raise TransientError(
                    f"{folder}: the study is being searched by process {handle.read().strip() or 'unknown'}",
                    ["several workers need a server: tune.storage: postgresql://..."],
                )
            time.sleep(POLL)
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def _locked(handle: TextIO) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def present(folder: Path) -> Iterator[str]:
    """Hold a lock of a new name in `folder` and yield that name; files of dead workers are kept, for `is_dead`."""
    folder.mkdir(parents=True, exist_ok=True)
    name = uuid.uuid4().hex
    path = folder / f"{name}{SUFFIX}"
    with path.open("w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        handle.write(str(os.getpid()))
        handle.flush()
        yield name
    # An end in order leaves nothing that runs: nobody will ask about this worker.
    path.unlink(missing_ok=True)


def is_dead(folder: Path, name: str) -> bool:
    """Tell whether a worker was here and has died; one of another machine is not known to be dead."""
    path = folder / f"{name}{SUFFIX}"
    try:
        with path.open("r", encoding="utf-8") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (FileNotFoundError, BlockingIOError):
        return False
    return True


def forget_dead(folder: Path) -> None:
    """Remove what dead workers left; nothing that they made is unfinished any more."""
    for path in folder.glob(f"*{SUFFIX}"):
        if is_dead(folder, path.stem):
            path.unlink(missing_ok=True)
