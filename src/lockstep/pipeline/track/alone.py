"""One writer of a result at a time: a lock that dies with the process that holds it."""

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa

from lockstep.pipeline.track.backend import TrackingDownError
from lockstep.pipeline.track.place import Place

PATIENCE = 120.0  # seconds for another writer to end


@contextmanager
def alone(where: Place, fingerprint: str) -> Iterator[None]:
    """Hold what other writers of this checkout, and of the same PostgreSQL database, wait for.

    Raises:
        TrackingDownError: another one does not end.
    """
    with ExitStack() as held:
        held.enter_context(_file(where.lock, where.location.shown))
        if where.is_postgres:
            held.enter_context(_advisory(where, fingerprint))
        yield


@contextmanager
def _file(path: Path, shown: str) -> Iterator[None]:
    def taken() -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    with path.open("a", encoding="utf-8") as handle:
        _wait(taken, shown)
        yield


@contextmanager
def _advisory(where: Place, fingerprint: str) -> Iterator[None]:
    """Hold a lock of the session: the server lets it go when the connection breaks, however it breaks."""
    number = int.from_bytes(hashlib.sha256(fingerprint.encode()).digest()[:8], signed=True)
    engine = sa.create_engine(where.location.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        query = sa.select(sa.func.pg_try_advisory_lock(number))
        _wait(lambda: bool(connection.scalar(query)), where.location.shown)
        yield


def _wait(taken: Callable[[], bool], shown: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not taken():
        if time.monotonic() > deadline:
            raise TrackingDownError(f"MLflow at {shown}: another process has been publishing for {PATIENCE:.0f} s")
        time.sleep(0.1)
