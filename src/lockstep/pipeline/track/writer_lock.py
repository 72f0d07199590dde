"""One writer of a result at a time: a lock that dies with the process that holds it."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import sqlalchemy as sa

from lockstep.core.file_lock import file_lock, wait
from lockstep.pipeline.track.backend import TrackingDownError
from lockstep.pipeline.track.place import Place

PATIENCE = 120.0  # seconds for another writer to end


@contextmanager
def writer_lock(where: Place, fingerprint: str) -> Iterator[None]:
    """Hold the lock of writers in this checkout, and of writers to the same PostgreSQL database.

    Raises:
        TrackingDownError: another writer holds it for too long.
    """

    def busy(process: str = "another process") -> TrackingDownError:
        return TrackingDownError(
            f"MLflow at {where.location.shown}: {process} has been publishing for {PATIENCE:.0f} s"
        )

    database = _advisory(where, fingerprint, busy) if where.is_postgres else nullcontext()
    with file_lock(where.lock, PATIENCE, lambda process: busy(f"process {process}")), database:
        yield


@contextmanager
def _advisory(where: Place, fingerprint: str, busy: Callable[[], TrackingDownError]) -> Iterator[None]:
    """Hold a lock of the session: the server releases it when the connection breaks, however it breaks."""
    number = int.from_bytes(hashlib.sha256(fingerprint.encode()).digest()[:8], signed=True)
    engine = sa.create_engine(where.location.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        query = sa.select(sa.func.pg_try_advisory_lock(number))
        wait(lambda: bool(connection.scalar(query)), PATIENCE, busy)
        yield
