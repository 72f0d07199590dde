"""Any database that SQLAlchemy can reach, read in one transaction."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from lockstep.core.source_url import Location, redacting
from lockstep.params.pipeline.source import TableSpec
from lockstep.pipeline.ingest.sources import arrow_driver, cursor
from lockstep.pipeline.ingest.sources.base import Declared, MisfitsError, Stream
from lockstep.pipeline.ingest.sources.engine import LOCKED, driver_uri, is_plain, make_engine, parse, parts
from lockstep.pipeline.ingest.sources.faults import faults_of_database, is_of_driver
from lockstep.pipeline.ingest.sources.reflection import Reflected, reflect
from lockstep.pipeline.ingest.sources.statement import Statement, before, exact, statement
from lockstep.tables.contract import Column

# What begins a transaction in which every table is as of the same moment, and times are in UTC.
OPENING: dict[str, tuple[str, ...]] = {
    "sqlite": (f"PRAGMA busy_timeout = {LOCKED * 1000}", "BEGIN"),
    "postgresql": ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "SET LOCAL TIME ZONE 'UTC'"),
    "mysql": ("SET time_zone = '+00:00'", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
    "mariadb": ("SET time_zone = '+00:00'", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
}
ISOLATION = ("SNAPSHOT", "REPEATABLE READ", "SERIALIZABLE")  # for other databases, the first one available


class Database:
    """Tables of one open transaction."""

    def __init__(self, connection: sa.Connection, arrow: Any | None, shown: str) -> None:
        self.shown = shown
        self._connection = connection
        self._arrow = arrow
        self._reflected: dict[str, Reflected] = {}

    def declared(self, name: str, table: TableSpec) -> dict[str, Declared]:
        """Return the columns that the database declares."""
        return self._reflect(table.table or name).columns

    def read(
        self, name: str, table: TableSpec, columns: tuple[Column, ...], before: datetime | None, *, fast: bool = False
    ) -> Stream:
        """Return the rows; those at or after `before` are left out where the database can compare them."""
        # Without a check of each cell, SQLite takes two thirds of the time, PostgreSQL five sixths.
        plain = fast and self._arrow is not None
        chosen = self._statement(self._reflect(table.table or name), table, columns, before, plain=plain)
        if self._arrow is not None:
            batches = arrow_driver.batches(self._arrow, self._connection.dialect, chosen)
        else:
            batches = cursor.batches(self._connection, chosen)
        if plain and self._connection.dialect.name == "sqlite":
            return Stream(chosen.schema, _or_misfits(batches, name))
        return Stream(chosen.schema, self._guarded(batches, name))

    def _reflect(self, name: str) -> Reflected:
        if name not in self._reflected:
            with faults_of_database(self.shown):
                self._reflected[name] = reflect(self._connection, name, self.shown)
        return self._reflected[name]

    def _statement(
        self,
        reflected: Reflected,
        table: TableSpec,
        columns: tuple[Column, ...],
        instant: datetime | None,
        *,
        plain: bool,
    ) -> Statement:
        dialect = self._connection.dialect.name
        chosen = statement(dialect, reflected.clause, columns, reflected.columns, plain=plain)
        if instant is None or table.time is None:
            return chosen
        time = exact(reflected.clause, table.time)
        limited = before(dialect, chosen.select, time, reflected.columns[table.time].kind, instant)
        return Statement(limited, chosen.schema)

    def _guarded(self, batches: Iterator[pa.RecordBatch], name: str) -> Iterator[pa.RecordBatch]:
        with faults_of_database(f"{self.shown}: table {name}", self._is_alive):
            yield from batches

    def _is_alive(self) -> bool:
        """Return whether the connection is alive: messages of a lost one depend on the server's language."""
        try:
            if self._arrow is None:
                return not self._connection.invalidated
            with self._arrow.cursor() as probe:
                probe.execute("ROLLBACK")
        except Exception:  # noqa: BLE001 # whatever it is, it does not answer
            return False
        return True


def _or_misfits(batches: Iterator[pa.RecordBatch], name: str) -> Iterator[pa.RecordBatch]:
    """Treat any failure of the driver as a misfit: SQLite's driver stops at one.

    Any other failure occurs again in the slow reader, which reports it.
    """
    try:
        yield from batches
    except Exception as error:
        if not is_of_driver(error):
            raise
        raise MisfitsError(f"table {name}: a cell is not of its column's type") from error


@contextmanager
def open_database(location: Location, root: Path) -> Iterator[Database]:
    """Connect, and begin the one transaction in which everything is read.

    Raises:
        LockstepError: not a URL, no driver, no file, no access.
        UnreachableError: no answer.
    """
    url = parse(location)
    with redacting(location.masking(parts(url, location))), ExitStack() as stack:
        opening = OPENING.get(url.get_backend_name(), ())
        with faults_of_database(location.shown):
            engine = make_engine(url, root, location.shown)
            stack.callback(engine.dispose)
            connection = stack.enter_context(_begun(engine, opening))
            arrow = arrow_driver.driver(engine.dialect.name) if is_plain(engine) else None
            if arrow is not None:
                uri = driver_uri(url, engine, root)
                arrow = stack.enter_context(arrow_driver.connected(arrow, uri, opening))
        yield Database(connection, arrow, location.shown)


@contextmanager
def _begun(engine: sa.Engine, opening: tuple[str, ...]) -> Iterator[sa.Connection]:
    connection = engine.connect()
    try:
        level = "AUTOCOMMIT" if opening else _isolation(connection)  # begun by hand: drivers differ in when they do
        yielded = connection.execution_options(isolation_level=level) if level else connection
        for sql in opening:
            yielded.exec_driver_sql(sql)
        yield yielded
    finally:
        with suppress(sa.exc.SQLAlchemyError):  # a connection that is lost cannot be closed, and nothing was written
            connection.close()


def _isolation(connection: sa.Connection) -> str | None:
    raw: Any = connection.connection.dbapi_connection
    offered = connection.dialect.get_isolation_level_values(raw)
    return next((level for level in ISOLATION if level in offered), None)
