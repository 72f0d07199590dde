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

POLL = 0.1  # seconds between two tries


def sleep() -> None:
    """Wait for the next try."""
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
    """Try to acquire something until that succeeds, at least once.

    Args:
        acquire: one try.
        patience: seconds after which it is given up.
        error: made and raised then; it should say who holds what.
        pause: called between two tries.
    """
    deadline = time.monotonic() + patience
    while not acquire():
        if time.monotonic() >= deadline:
            raise error()
        pause()


@contextmanager
def file_lock(path: Path, patience: float, error: Callable[[str], LockstepError]) -> Iterator[None]:
    """Hold an exclusive lock on a file that exists for this alone; it holds the number of the process.

    Args:
        path: created, with its folder, where it does not exist. Named `.*.lock` among data: DVC ignores it there.
        patience: seconds to wait for another holder.
        error: makes what is raised when they are over, from the number of the other process (`unknown` where it is).
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
