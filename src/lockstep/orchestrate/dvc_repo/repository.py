"""DVC's repository, opened to read it, with a bounded wait for DVC's lock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from lockstep.core.errors import LockstepError, TransientError, shorten

PATIENCE = 120.0  # seconds to wait for another DVC command that holds the repository

_one_at_a_time = Lock()  # DVC's repository objects are not made for threads


@contextmanager
def opened(root: Path) -> Iterator[Any]:
    """Yield a `dvc.repo.Repo` as it is on disk now, with its lock held.

    Raises:
        TransientError: another DVC command keeps the lock.
        LockstepError: DVC cannot read dvc.yaml, dvc.lock or params.yaml; with DVC's message.
    """
    from dvc.repo import Repo

    with _one_at_a_time, faults(root), Repo(root) as repo:
        _acquire(repo.lock)
        try:
            yield repo
        finally:
            repo.lock.unlock()


def _acquire(lock: Any) -> None:
    from dvc.lock import LockError

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            lock.lock()
        except LockError:
            if time.monotonic() > deadline:
                raise
        else:
            return


@contextmanager
def faults(root: Path) -> Iterator[None]:
    """Turn DVC's exceptions into LockstepError.

    Raises:
        TransientError: another DVC command keeps the lock.
        LockstepError: DVC cannot read dvc.yaml, dvc.lock, params.yaml or its settings; with DVC's message.
    """
    from dvc.exceptions import DvcException
    from dvc.lock import LockError

    try:
        yield
    except LockError as error:
        raise TransientError(f"{root}: {shorten(' '.join(str(error).split()))}") from error
    except DvcException as error:
        raise LockstepError(f"{root}: DVC cannot read the pipeline", list(_causes(error))) from error


def _causes(error: BaseException) -> Iterator[str]:
    cause: BaseException | None = error
    while cause is not None:
        yield from (line.strip() for line in str(cause).splitlines() if line.strip())
        cause = cause.__cause__
