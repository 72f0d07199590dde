"""Load rows into a table in the fastest way of the driver."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa

from lockstep.pipeline.simulate.tables import Rows

Load: TypeAlias = Callable[[sa.Connection, sa.Table, Rows], None]


def loader(dialect: sa.Dialect) -> Load:
    """Return the fastest way for a database; all give the same rows."""
    return _FASTEST.get((dialect.name, dialect.driver), _insert)


def _insert(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    cells = [dict(zip(rows, row, strict=True)) for row in _tuples(rows)]
    if cells:  # an empty list would insert one row of defaults
        connection.execute(table.insert(), cells)


def _execute_many(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Hand tuples to the driver: SQLite keeps times as text, which SQLAlchemy would make one by one."""
    cells = list(_tuples(rows, text=True))
    if cells:
        connection.exec_driver_sql(str(table.insert().compile(dialect=connection.dialect)), cells)


def _copy(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    quote = connection.dialect.identifier_preparer
    columns = ", ".join(quote.format_column(column) for column in table.columns)
    statement = f"COPY {quote.format_table(table)} ({columns}) FROM STDIN"
    cursor: Any = connection.connection.cursor()
    try:
        with cursor, cursor.copy(statement) as copy:
            for row in _tuples(rows):
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:  # SQLAlchemy does not see what its cursors raise
        raise sa.exc.DBAPIError(statement, None, error) from error


def _tuples(rows: Rows, *, text: bool = False) -> Iterator[tuple[Any, ...]]:
    """Yield rows of plain Python values, None for NULL; with `text`, times as SQLAlchemy writes them to SQLite."""
    columns: Iterable[list[Any]] = (column.tolist() for column in rows.values())
    if text:
        columns = ([_as_text(cell) if isinstance(cell, datetime) else cell for cell in column] for column in columns)
    return zip(*columns, strict=True)


def _as_text(time: datetime) -> str:
    return time.isoformat(" ", "microseconds")


_FASTEST: dict[tuple[str, str], Load] = {
    ("sqlite", "pysqlite"): _execute_many,
    ("postgresql", "psycopg"): _copy,
}
