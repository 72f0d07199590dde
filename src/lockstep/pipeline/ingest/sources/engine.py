"""From a URL to an SQLAlchemy engine, and to the URI of an Arrow driver."""

import sqlite3
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from lockstep.core.errors import LockstepError
from lockstep.core.source_url import Location
from lockstep.core.urls import with_driver

PATIENCE = 5  # seconds for a server to answer
LOCKED = 1  # seconds to wait for a writer of SQLite; then the read is retried
TIMED = ("psycopg", "psycopg2", "pymysql", "mysqldb")  # drivers that know connect_timeout
EXTRAS = {"psycopg": "postgres"}  # module -> extra of this package


def parse(location: Location) -> sa.URL:
    """Return the parsed URL; plain `postgresql://` means psycopg 3.

    Raises:
        LockstepError: it is not valid.
    """
    try:
        url = sa.make_url(location.url)
    except (sa.exc.ArgumentError, ValueError):
        raise LockstepError(
            f"params.yaml: source.url: {location.shown}: expected an SQLAlchemy URL such as"
            " postgresql://user:${PASSWORD}@host/database or sqlite:///file.db, or a folder"
        ) from None
    if "@" in (url.host or ""):
        raise LockstepError(
            f"params.yaml: source.url: {location.shown}: a user or password with @ or / must be percent-encoded"
        )
    return with_driver(url)


def parts(url: sa.URL, location: Location) -> dict[str, str]:
    """Return the parts of the URL that are made of environment variables, each with its mask."""
    pieces = [url.username, url.password, url.host, url.database, *map(str, url.query.values())]
    return {piece: "***" for piece in pieces if piece and any(piece in secret for secret, _ in location.masks)}


def make_engine(url: sa.URL, root: Path, shown: str) -> sa.Engine:
    """Return an engine that keeps no connection open and opens SQLite files for reading only.

    Raises:
        LockstepError: no such database, driver or file.
    """
    try:
        if url.get_backend_name() == "sqlite":
            file = _sqlite_uri(url, root, shown)
            return sa.create_engine(
                url.set(database=None, query={}),
                poolclass=NullPool,
                creator=lambda: _sqlite_file(file),
            )
        patient = url.get_driver_name() in TIMED and "connect_timeout" not in url.query
        return sa.create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": PATIENCE} if patient else {})
    except sa.exc.NoSuchModuleError:
        raise LockstepError(
            f"params.yaml: source.url: {shown}: SQLAlchemy knows no database {url.drivername!r}"
        ) from None
    except ModuleNotFoundError as error:
        extra = EXTRAS.get(error.name or "")
        advice = (
            f"pip install 'lockstep[{extra}]'" if extra else f"install the package that has the module {error.name}"
        )
        raise LockstepError(f"params.yaml: source.url: {shown}: no driver for {url.drivername}", [advice]) from None


def _sqlite_file(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=LOCKED, check_same_thread=False)
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")  # SQLite does not check its text
    return connection


def _sqlite_uri(url: sa.URL, root: Path, shown: str) -> str:
    """Return a URI that opens the file for reading only: SQLite would create a missing one."""
    if not url.database or url.database == ":memory:":
        raise LockstepError(f"params.yaml: source.url: {shown}: expected a file, as in sqlite:///data/source/shop.db")
    path = (root / url.database).absolute()
    if not path.is_file():
        raise LockstepError(f"params.yaml: source.url: {shown}: no such file")
    return f"{path.as_uri()}?mode=ro"


def is_plain(engine: sa.Engine) -> bool:
    """Return whether the URL asks for the driver that the Arrow driver replaces."""
    return engine.driver in ("pysqlite", "psycopg")


def driver_uri(url: sa.URL, engine: sa.Engine, root: Path) -> str:
    """Return the URI for the Arrow driver: a file URI of SQLite, a connection string of libpq."""
    if engine.dialect.name == "sqlite":
        return _sqlite_uri(url, root, "")
    from psycopg.conninfo import make_conninfo

    arguments = engine.dialect.create_connect_args(url)[1]
    known = {key: value for key, value in arguments.items() if key != "context"}  # of psycopg, not of libpq
    return str(make_conninfo(**{"connect_timeout": PATIENCE, **known}))
