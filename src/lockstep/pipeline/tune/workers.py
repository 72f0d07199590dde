"""Who works on a study from this folder: a worker holds a lock, which the kernel drops however the worker dies."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockstep.core.errors import TransientError
from lockstep.core.file_lock import file_lock, try_lock

SUFFIX = ".worker"
LOCK = "alone.lock"


@contextmanager
def alone(folder: Path, patience: float) -> Iterator[None]:
    """Keep other workers of this folder out; wait for one that is in, as one left over from a killed run may be.

    Raises:
        TransientError: it is still there after `patience` seconds.
    """

    def busy(process: str) -> TransientError:
        what = f"{folder}: the study is being searched by process {process}"
        return TransientError(what, ["several workers need a server: tune.storage: postgresql://..."])

    with file_lock(folder / LOCK, patience, busy):
        yield


@contextmanager
def present(folder: Path) -> Iterator[str]:
    """Hold a lock of a new name in `folder` and yield that name; files of dead workers are kept, for `is_dead`."""
    folder.mkdir(parents=True, exist_ok=True)
    name = uuid.uuid4().hex
    path = folder / f"{name}{SUFFIX}"
    with path.open("w", encoding="utf-8") as handle:
        assert try_lock(handle.fileno())  # nobody else knows the name yet
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
            return try_lock(handle.fileno(), shared=True)
    except FileNotFoundError:
        return False


def forget_dead(folder: Path) -> None:
    """Remove what dead workers left; nothing that they made is unfinished any more."""
    for path in folder.glob(f"*{SUFFIX}"):
        if is_dead(folder, path.stem):
            path.unlink(missing_ok=True)
