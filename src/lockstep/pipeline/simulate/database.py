"""The shop in a database: all of its tables, or none."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

import sqlalchemy as sa

from lockstep.core.errors import LockstepError
from lockstep.core.progress import Advance, ignore
from lockstep.core.urls import with_driver
from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.pipeline.simulate.loading import loader
from lockstep.pipeline.simulate.shop import Chunk, simulate
from lockstep.pipeline.simulate.tables import TABLES

# Settings that change a SQLite file's bytes and differ between builds of SQLite; set before the first table is made.
_SQLITE_LAYOUT = ("page_size = 4096", "auto_vacuum = NONE", "encoding = 'UTF-8'", "secure_delete = ON")

_SHORTEST_SECRET = 4  # characters; shorter values after `?` are options, and occur within other words


@dataclass(frozen=True)
class Written:
    """Rows of a table, and the number of dirty ones by kind."""

    rows: int
    dirt: dict[str, int]


def write(
    url: str | sa.URL, spec: SimulateSpec, seed: int, *, replace: bool = False, advance: Advance = ignore
) -> dict[str, Written]:
    """Write the shop to a database in one transaction and return what was written, by table.

    Args:
        url: any SQLAlchemy URL.
        spec: size of the shop.
        seed: of all random numbers.
        replace: drop tables of the same names first.
        advance: called with customers done.

    Raises:
        LockstepError: the database cannot be reached or written to, or has tables of the same names.
    """
    target = _parse(url)
    with _driver_errors(target):
        engine = _engine(target)
        try:
            with engine.begin() as connection:
                return _fill(connection, _make_tables(connection, target, replace), simulate(spec, seed), advance)
        finally:
            engine.dispose()


def shown(url: sa.URL) -> str:
    """Return a URL without what may be secret: the password and everything after `?`."""
    return url.set(query={}).render_as_string(hide_password=True)


def _make_tables(connection: sa.Connection, target: sa.URL, replace: bool) -> Sequence[sa.Table]:
    metadata = sa.MetaData()
    tables = [table.definition(metadata) for table in TABLES]
    there = set(sa.inspect(connection).get_table_names())
    taken = [table.name for table in TABLES if table.name in there]
    if taken and not replace:
        raise LockstepError(
            f"{shown(target)}: tables exist already: {', '.join(taken)}",
            ["write to an empty database, or replace them with --replace"],
        )
    metadata.drop_all(connection, [table for table in tables if table.name in taken])
    metadata.create_all(connection, checkfirst=False)
    return tables


def _fill(
    connection: sa.Connection, tables: Sequence[sa.Table], chunks: Iterator[Chunk], advance: Advance
) -> dict[str, Written]:
    load = loader(connection.dialect)
    written = {table.name: Written(0, {}) for table in TABLES}
    for chunk in chunks:
        for table in tables:
            rows = chunk.rows[table.name]
            load(connection, table, rows)
            written[table.name] = _add(written[table.name], len(next(iter(rows.values()))), chunk.dirt[table.name])
        advance(chunk.customers)
    return written


def _add(written: Written, rows: int, dirt: dict[str, int]) -> Written:
    return Written(written.rows + rows, {kind: written.dirt.get(kind, 0) + count for kind, count in dirt.items()})


def _engine(target: sa.URL) -> sa.Engine:
    engine = sa.create_engine(target, poolclass=sa.NullPool, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Leave transactions to SQLAlchemy: Python's driver would commit each CREATE TABLE."""
    connection.isolation_level = None
    for setting in _SQLITE_LAYOUT:
        connection.execute(f"PRAGMA {setting}")


def _parse(url: str | sa.URL) -> sa.URL:
    """Return the parsed URL; plain `postgresql://` means psycopg 3, as it does for a source."""
    try:
        return with_driver(sa.make_url(url))
    except (sa.exc.ArgumentError, ValueError):
        # The cause is left out: it may quote the text, which may hold a password.
        raise LockstepError(
            "--to: not a database URL; expected one such as sqlite:///shop.db or postgresql://user@host/database"
        ) from None


@contextmanager
def _driver_errors(target: sa.URL) -> Iterator[None]:
    """Turn errors of a driver into a message that names the database and never its password."""
    try:
        yield
    except sa.exc.NoSuchModuleError:
        raise LockstepError(f"{shown(target)}: SQLAlchemy knows no database {target.drivername!r}") from None
    except ModuleNotFoundError as error:
        hint = ["pip install 'lockstep[postgres]'"] if target.get_backend_name() == "postgresql" else []
        raise LockstepError(f"{shown(target)}: the driver {error.name} is not installed", hint) from None
    except sa.exc.SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise LockstepError(
            f"{shown(target)}: the shop was not written", [_without_secrets(str(cause), target)]
        ) from None


def _without_secrets(text: str, target: sa.URL) -> str:
    """Mask the password and the values after `?`, which may hold passwords too."""
    values = [value for many in target.normalized_query.values() for value in many if len(value) >= _SHORTEST_SECRET]
    for secret in filter(None, (target.password, *values)):
        for form in (str(secret), quote_plus(str(secret)), quote(str(secret), safe="")):
            text = text.replace(form, "***")
    return text
