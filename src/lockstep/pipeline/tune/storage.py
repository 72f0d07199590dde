"""The storage of a study: a file in this checkout, or a database for several machines."""

import json
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
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock  # the base is not in the public names
from optuna.trial import FrozenTrial
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random

from lockstep.core.errors import LockstepError, TransientError
from lockstep.core.source_url import Location, locate
from lockstep.core.urls import with_driver

HEARTBEAT = 10  # seconds between two signs of life of a worker
GRACE = 60  # seconds without one after which a worker of another machine counts as dead
PATIENCE = 30  # seconds to wait for a lock of SQLite
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
    """Return the storage of a study: at `url`, or in a file in `folder`.

    Raises:
        LockstepError: a variable of the URL is not set, or the URL is not valid.
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
    """Open the storage, and create its tables if they are missing.

    Args:
        where: what `place` found.
        stale: called with a trial that was marked as failed because its worker sent no heartbeat.

    Raises:
        TransientError: the database does not answer.
        LockstepError: it cannot be used.
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


# Two workers that find an empty database both create its tables; the slower one fails, and succeeds on the retry.
@retry(
    retry=retry_if_exception_type((sa.exc.IntegrityError, sa.exc.ProgrammingError)),
    stop=stop_after_attempt(5),
    wait=wait_random(0.1, 1.0),
    reraise=True,
)
def _open(where: Place, stale: Callable[[optuna.Study, FrozenTrial], None] | None) -> RDBStorage:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # heartbeats are experimental since Optuna 2
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
    """Let the kernel decide when to write to disk: it keeps what a killed process wrote."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")


class _Held(BaseJournalFileLock):  # type: ignore[misc]
    """No lock: the worker already holds the study's lock, which the kernel releases if the worker is killed."""

    def acquire(self) -> bool:
        """Do nothing."""
        return True

    def release(self) -> None:
        """Do nothing."""


def open_journal(path: Path) -> JournalStorage:
    """Return the study's storage; a last line that a killed worker left unfinished is dropped.

    Raises:
        LockstepError: the file is not a journal.
    """
    _drop_unfinished(path)
    try:
        return JournalStorage(JournalFileBackend(str(path), _Held()))
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise LockstepError(
            f"{path}: expected the journal of a search, one JSON object per line; got {type(error).__name__}: {error}",
            ["without this file, `lockstep stage tune` reruns all trials"],
        ) from None


def _drop_unfinished(path: Path) -> None:
    if not path.is_file():
        return
    with path.open("rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
