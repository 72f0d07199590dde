"""Where a study is kept: a file of this checkout, or a database that many machines reach."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy as sa
from optuna.exceptions import ExperimentalWarning
from optuna.storages import BaseStorage, RDBStorage
from optuna.trial import FrozenTrial
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random

from lockstep.core.errors import LockstepError, TransientError
from lockstep.core.source_url import Location, locate
from lockstep.core.urls import with_driver
from lockstep.pipeline.tune.journal import open_journal

HEARTBEAT = 10  # seconds between two signs of life of a worker
GRACE = 60  # seconds without one after which a worker of another machine is taken for dead
PATIENCE = 30  # seconds for SQLite to let go
KEY = "tune.storage"


@dataclass(frozen=True)
class Place:
    """A storage that can be opened.

    Attributes:
        location: the URL, or the path of a journal, and how it may be shown.
        shared: whether workers of other machines may reach it too.
        journal: whether it is a file that only this package writes.
    """

    location: Location
    shared: bool
    grace: int = GRACE
    journal: bool = False


def place(url: str | None, folder: Path, name: str) -> Place:
    """Return where a study is kept: at `url`, or in a file of its own in `folder`.

    Raises:
        LockstepError: a variable of the URL is not set, or it is none.
    """
    if url is None:
        folder.mkdir(parents=True, exist_ok=True)
        path = str((folder / f"{name}.journal").absolute())
        return Place(Location(path, path), shared=False, journal=True)
    location = locate(url, os.environ, KEY)
    try:
        parsed = with_driver(sa.make_url(location.url))
    except (sa.exc.ArgumentError, ValueError):
        raise LockstepError(
            f"params.yaml: {KEY}: {location.shown}: expected an SQLAlchemy URL such as"
            " postgresql://user:${PASSWORD}@host/database"
        ) from None
    full = parsed.render_as_string(hide_password=False)
    masks = {part: "***" for part in (parsed.password,) if part}
    opened = Location(full, location.shown, location.masks).masking(masks)
    return Place(opened, shared=parsed.get_backend_name() != "sqlite")


def open_storage(where: Place, stale: Callable[[optuna.Study, FrozenTrial], None] | None = None) -> BaseStorage:
    """Return the storage, its tables made.

    Args:
        where: what `place` found.
        stale: called with a trial whose worker gave no sign of life, once it has been marked as failed.

    Raises:
        TransientError: the database does not answer.
        LockstepError: it is none that can be used.
    """
    if where.journal:
        return open_journal(Path(where.location.url))
    try:
        return _open(where, stale)
    except (ImportError, sa.exc.NoSuchModuleError) as error:
        raise LockstepError(
            f"params.yaml: {KEY}: {where.location.shown}: no driver for it", [where.location.redact(str(error))]
        ) from None
    except sa.exc.OperationalError as error:
        raise TransientError(
            f"params.yaml: {KEY}: {where.location.shown}: does not answer", [where.location.redact(str(error.orig))]
        ) from None


@contextmanager
def closed(storage: BaseStorage) -> Iterator[None]:
    """Close the storage's connections, if it has any, when the block ends."""
    try:
        yield
    finally:
        storage.remove_session()
        if isinstance(storage, RDBStorage):
            storage.engine.dispose()


# Two workers that find an empty database both make its tables; the slower one fails, and then finds them made.
@retry(
    retry=retry_if_exception_type((sa.exc.IntegrityError, sa.exc.ProgrammingError)),
    stop=stop_after_attempt(5),
    wait=wait_random(0.1, 1.0),
    reraise=True,
)
def _open(where: Place, stale: Callable[[optuna.Study, FrozenTrial], None] | None) -> RDBStorage:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # heartbeats have been called so since Optuna 2
        if where.shared:
            return RDBStorage(
                where.location.url,
                engine_kwargs={"pool_pre_ping": True},
                heartbeat_interval=HEARTBEAT,
                grace_period=where.grace,
                heartbeat_stale_trial_callback=stale,
            )
    storage = RDBStorage(where.location.url, engine_kwargs={"connect_args": {"timeout": PATIENCE}})
    sa.event.listen(storage.engine, "connect", _fast)
    storage.engine.dispose()  # connections made before the listener
    return storage


def _fast(connection: Any, _: Any) -> None:
    """Let the kernel decide when to write: what a killed process wrote is kept all the same."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")
