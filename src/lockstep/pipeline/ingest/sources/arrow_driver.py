"""Arrow straight from the database, by ADBC drivers: several times faster than rows of a cursor.

The drivers come with the extras `sqlite` and `postgres`; without them, rows come from a cursor.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from lockstep.pipeline.ingest.sources.base import MISFITS, MisfitsError
from lockstep.pipeline.ingest.sources.cursor import as_python, to_arrow
from lockstep.pipeline.ingest.sources.statement import Statement

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

DRIVERS = {"sqlite": "adbc_driver_sqlite.dbapi", "postgresql": "adbc_driver_postgresql.dbapi"}
BATCH = 1 << 14
OPTIONS: dict[str, dict[str, Any]] = {
    "sqlite": {"adbc.sqlite.query.batch_rows": BATCH},
    "postgresql": {"adbc.postgresql.batch_size_hint_bytes": 4 << 20},
}
YEARS = (datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999))  # noqa: DTZ001 # naive means UTC here
LONG = 64  # bits
SENTINELS: dict[pa.DataType, sa.ColumnElement[Any]] = {
    pa.int64(): sa.literal_column("0"),
    pa.float64(): sa.literal_column("0.0"),
}


def driver(dialect: str) -> Any | None:
    """Return the driver's module if there is one for the dialect and it is installed."""
    if dialect not in DRIVERS:
        return None
    try:
        return importlib.import_module(DRIVERS[dialect])
    except ImportError:
        return None


@contextmanager
def connected(module: Any, uri: str, opening: tuple[str, ...]) -> Iterator[Connection]:
    """Open a connection and run the statements that begin its transaction."""
    with module.connect(uri, autocommit=True) as connection:
        for sql in opening:
            with connection.cursor() as cursor:
                cursor.execute(sql)
        yield connection


def batches(connection: Connection, dialect: sa.Dialect, statement: Statement) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a statement.

    Raises:
        MisfitsError: there is a misfit, and the statement has no column for misfits.
    """
    dynamic = dialect.name == "sqlite"
    select = _typed(statement) if dynamic else statement.select
    # PostgreSQL streams by COPY, which takes no bound values: SQLAlchemy writes the one there is, an instant.
    sql = str(select.compile(dialect=_named(dialect), compile_kwargs={"literal_binds": True}))
    with connection.cursor(adbc_stmt_kwargs=OPTIONS[dialect.name]) as cursor:
        cursor.execute(sql)
        reader = cursor.fetch_record_batch()
        plain = MISFITS not in statement.schema.names
        if dynamic and plain and reader.schema.types != statement.schema.types:
            raise MisfitsError("the driver took a column for another type than it is declared as")
        check = partial(_plain if plain else _careful, schema=statement.schema)
        try:
            for place, batch in enumerate(reader):
                yield check(batch.slice(1) if dynamic and place == 0 else batch)
        except MisfitsError:
            for _ in reader:  # a COPY that is not read to its end leaves a connection that cannot be used
                pass
            raise


def _plain(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch in which every text is UTF-8, and every instant of a year with four digits.

    SQLite does not look at its texts; PostgreSQL has infinite instants, which overflow in the driver.
    """
    try:
        whole = _cast(batch, schema)
    except pa.ArrowInvalid as error:
        raise MisfitsError("a text is not UTF-8") from error
    for array in whole.columns:
        if pa.types.is_temporal(array.type) and not _is_sane(array):
            raise MisfitsError("an instant is infinite, or of a year without four digits")
    return whole


def _careful(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch in which a text that is not UTF-8 is delivered separately, as a misfit."""
    try:
        return _cast(batch, schema)
    except pa.ArrowInvalid:
        return to_arrow([as_python(array) for array in batch.columns], schema)


def _cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    arrays = [array.cast(field.type) for array, field in zip(batch.columns, schema, strict=True)]
    whole = pa.RecordBatch.from_arrays(arrays, schema=schema)
    whole.validate(full=True)
    return whole


def _is_sane(array: pa.Array) -> bool:
    number = pa.int64() if array.type.bit_width == LONG else pa.int32()
    first, last = (pa.scalar(end, array.type).cast(number).as_py() for end in YEARS)
    found = pc.min_max(array.view(number)).as_py()
    return found["min"] is None or (first <= found["min"] and found["max"] <= last)


def _named(dialect: sa.Dialect) -> sa.Dialect:
    kind: Any = type(dialect)
    return kind(paramstyle="named")  # type: ignore[no-any-return] # pyformat would double every % in a name


def _typed(statement: Statement) -> sa.CompoundSelect[Any]:
    """Put a row of known types first: the driver takes a column's type from the first rows it sees."""
    text: sa.ColumnElement[Any] = sa.literal_column("''")
    first = [SENTINELS.get(field.type, text).label(field.name) for field in statement.schema]
    return sa.union_all(sa.select(*first), statement.select)
