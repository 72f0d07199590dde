"""The workers of a study in this checkout; each holds a lock, which the kernel releases when the worker ends."""

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
def only_worker(folder: Path, patience: float) -> Iterator[None]:
    """Hold the lock of a study; wait for another worker, such as one left over from a killed run.

    Raises:
        TransientError: another worker holds it for more than `patience` seconds.
    """

    def busy(process: str) -> TransientError:
        what = f"{folder}: the study is being searched by process {process}"
        return TransientError(what, ["several workers need a server: tune.storage: postgresql://..."])

    with file_lock(folder / LOCK, patience, busy):
        yield


@contextmanager
def present(folder: Path) -> Iterator[str]:
    """Yield a new name, and hold the lock file of that name; those of dead workers are kept, for `is_dead`."""
    folder.mkdir(parents=True, exist_ok=True)
    name = uuid.uuid4().hex
    path = folder / f"{name}{SUFFIX}"
    with path.open("w", encoding="utf-8") as handle:
        assert try_lock(handle.fileno())  # no other worker knows the name yet
        handle.write(str(os.getpid()))
        handle.flush()
        yield name
    # After a normal end, no trial of this worker is running: `is_dead` is not called for it.
    path.unlink(missing_ok=True)


def is_dead(folder: Path, name: str) -> bool:
    """Return whether a worker of this checkout is dead; False for workers of other machines."""
    path = folder / f"{name}{SUFFIX}"
    try:
        with path.open("r", encoding="utf-8") as handle:
            return try_lock(handle.fileno(), shared=True)
    except FileNotFoundError:
        return False


def forget_dead(folder: Path) -> None:
    """Remove the lock files of dead workers, whose trials are all finished by now."""
    for path in folder.glob(f"*{SUFFIX}"):
        if is_dead(folder, path.stem):
            path.unlink(missing_ok=True)
