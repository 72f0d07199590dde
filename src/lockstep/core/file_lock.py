"""Locks on files. The kernel releases a lock when its process ends, however it ends: there is nothing to clean up.

The package `filelock` does not serve: where a file system lacks flock, it falls back to a lock that outlives a killed
process; it has no shared lock on a file; and it hides the descriptor, through which a lock file is read and written.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lockstep.core.errors import LockstepError

POLL = 0.1  # seconds between two attempts


def sleep() -> None:
    """Wait for the next attempt."""
    time.sleep(POLL)


def try_lock(file: int, *, shared: bool = False) -> bool:
    """Lock an open file and return whether that was possible; closing the file releases it.

    Args:
        file: its descriptor.
        shared: whether others may hold a shared lock at the same time.
    """
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait(
    acquire: Callable[[], bool],
    patience: float,
    error: Callable[[], LockstepError],
    pause: Callable[[], None] = sleep,
) -> None:
    """Call `acquire` until it succeeds, at least once.

    Args:
        acquire: one attempt; returns whether it succeeded.
        patience: seconds after which to give up.
        error: returns the error to raise then; it should say who holds what.
        pause: called between two attempts.
    """
    deadline = time.monotonic() + patience
    while not acquire():
        if time.monotonic() >= deadline:
            raise error()
        pause()


@contextmanager
def file_lock(path: Path, patience: float, error: Callable[[str], LockstepError]) -> Iterator[None]:
    """Hold an exclusive lock on a lock file, which contains the process id of the holder.

    Args:
        path: created if missing, with its folder. Below `data/`, name it `.*.lock`: DVC ignores such files.
        patience: seconds to wait for another holder.
        error: returns the error to raise after that time; called with the id of the holding process, or `unknown`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:

        def held() -> LockstepError:
            file.seek(0)
            return error(file.read().strip() or "unknown")

        wait(lambda: try_lock(file.fileno()), patience, held)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
