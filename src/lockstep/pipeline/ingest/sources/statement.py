"""The SELECT of a table: columns of known Arrow types, and cells of other types in a separate column.

SQLAlchemy quotes identifiers; values are bound.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from lockstep.pipeline.ingest.sources.base import MISFITS, Declared, Kind
from lockstep.tables.contract import Column, Type

ColumnSQL = sa.ColumnElement[Any]

ARROW: dict[Kind, pa.DataType] = {
    "int": pa.int64(),
    "float": pa.float64(),
    "decimal": pa.string(),  # as text: a decimal may be out of range, or NaN
    "text": pa.string(),
    "bool": pa.bool_(),
    "datetime": pa.timestamp("us"),
    "date": pa.date32(),
}

FIRST: ColumnSQL = sa.literal_column("'0001-01-01 00:00:00'")
LAST: ColumnSQL = sa.literal_column("'9999-12-31 23:59:59.999999'")
TEXT: ColumnSQL = sa.literal_column("''")  # the least text of SQLite
LAST_YEAR = 9999
DAY = r"[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*"


@dataclass(frozen=True)
class Statement:
    """A SELECT, and the Arrow schema of what it returns."""

    select: sa.Select[Any]
    schema: pa.Schema


@dataclass(frozen=True)
class _Part:
    """One column: its value, and the text of a cell that does not fit its type."""

    arrow: pa.DataType
    value: ColumnSQL
    misfit: ColumnSQL | None = None
    """Null where the cell fits."""
    fits: ColumnSQL | None = None
    """Null where the cell is null."""
    plain: ColumnSQL | None = None
    """The value where all cells are known to fit."""


def statement(
    dialect: str, table: sa.TableClause, columns: tuple[Column, ...], declared: dict[str, Declared], *, plain: bool
) -> Statement:
    """Return the SELECT of a contract's columns, labelled by position.

    Args:
        dialect: SQLAlchemy's name of the database.
        table: what to select from.
        columns: what to select.
        declared: types in the database.
        plain: without a check for misfits.
    """
    part, listing = DIALECTS.get(dialect, (_as_declared, None))
    parts = [part(exact(table, column.name), column.type, declared[column.name]) for column in columns]
    selected = [one.value.label(str(place)) for place, one in enumerate(parts)]
    fields = [pa.field(str(place), one.arrow) for place, one in enumerate(parts)]
    if plain:
        selected = [(one.value if one.plain is None else one.plain).label(str(at)) for at, one in enumerate(parts)]
        return Statement(sa.select(*selected).select_from(table), pa.schema(fields))
    misfits = _misfits(parts, listing).label(MISFITS)
    schema = pa.schema([*fields, pa.field(MISFITS, pa.string())])
    return Statement(sa.select(*selected, misfits).select_from(table), schema)


def _misfits(parts: list[_Part], listing: Callable[[list[ColumnSQL]], ColumnSQL] | None) -> ColumnSQL:
    fits = [part.fits for part in parts if part.fits is not None]
    if listing is None or not fits:
        return sa.null()
    texts = [sa.null() if part.misfit is None else part.misfit for part in parts]
    return sa.case((sa.not_(sa.and_(*fits)), listing(texts)))


def exact(table: sa.TableClause, name: str) -> ColumnSQL:
    """Return a column of the table, its name quoted."""
    return sa.column(sa.quoted_name(name, quote=True), _selectable=table)


def before(dialect: str, select: sa.Select[Any], column: ColumnSQL, kind: Kind, instant: datetime) -> sa.Select[Any]:
    """Return the SELECT without rows at or after `instant`, where the database can compare reliably.

    Rows without a time, or with one that cannot be read, stay: `process` rejects them.
    """
    if dialect == "sqlite":
        return select.where(_before_as_text(column, instant))
    if kind not in ("datetime", "date"):
        return select
    bound = sa.literal(instant, sa.DateTime())
    readable = (
        [column.is_(None), sa.not_(column.between(FIRST, LAST))] if dialect == "postgresql" else [column.is_(None)]
    )
    return select.where(sa.or_(column < bound, *readable))


def _before_as_text(column: ColumnSQL, instant: datetime) -> sa.ColumnElement[bool]:
    """SQLite keeps times as text, in many forms: two days of grace cover every offset from UTC."""
    late = (instant + timedelta(days=2)).strftime("%Y-%m-%d") if instant.year < LAST_YEAR else "9999-12-31"
    # A number sorts before any text, and null is neither before nor after.
    unread = sa.or_(sa.not_(column.op("GLOB")(DAY)), sa.func.julianday(column).is_(None))
    return sa.or_(column < sa.literal(late, sa.String()), column.is_(None), unread)


def _as_declared(column: ColumnSQL, _target: Type, declared: Declared) -> _Part:
    return _Part(ARROW.get(declared.kind, pa.string()), column)


def _postgresql(column: ColumnSQL, _target: Type, declared: Declared) -> _Part:
    kind = declared.kind
    if kind in ("datetime", "date"):
        inside = column.between(FIRST, LAST)  # neither infinity nor BC nor the year 20000
        value = sa.case((inside, column))
        return _Part(ARROW[kind], value, sa.case((sa.not_(inside), sa.cast(column, sa.Text))), inside, column)
    casts: dict[Kind, Any] = {"int": sa.BigInteger, "float": sa.Double, "decimal": sa.Text, "text": sa.Text}
    return _Part(ARROW.get(kind, pa.string()), sa.cast(column, casts[kind]) if kind in casts else column)


def _sqlite(column: ColumnSQL, target: Type, declared: Declared) -> _Part:
    """Any cell of SQLite can hold any type: a number counts only if it is stored as one.

    Numbers sort before texts (sqlite.org/datatype3.html, 4.1): a comparison tells them apart at half
    the cost of typeof().
    """
    if declared.kind == "text":  # where a column is declared so, SQLite itself turns numbers into text
        return _Part(pa.string(), column)
    if target in ("string", "datetime"):
        return _Part(pa.string(), sa.cast(column, sa.Text))
    # The value of a cell that does not fit is arbitrary: an operator costs next to nothing, a CASE does not.
    if target == "float64":
        return _sqlite_number(pa.float64(), column, column + sa.literal_column("0.0"), column < TEXT)
    whole = sa.cast(column, sa.Integer)
    return _sqlite_number(pa.int64(), column, whole, column == whole)


def _sqlite_number(arrow: pa.DataType, column: ColumnSQL, value: ColumnSQL, fits: sa.ColumnElement[bool]) -> _Part:
    digits = sa.func.printf(sa.literal_column("'%!.17g'"), column)
    text = sa.case((sa.func.typeof(column) == "real", digits), else_=sa.cast(column, sa.Text))
    return _Part(arrow, value, sa.case((sa.not_(fits), text)), fits, column)


def _sqlite_list(texts: list[ColumnSQL]) -> ColumnSQL:
    return sa.func.json_array(*texts)


def _postgresql_list(texts: list[ColumnSQL]) -> ColumnSQL:
    return sa.cast(sa.func.json_build_array(*texts), sa.Text)


DIALECTS: dict[
    str, tuple[Callable[[ColumnSQL, Type, Declared], _Part], Callable[[list[ColumnSQL]], ColumnSQL] | None]
] = {
    "sqlite": (_sqlite, _sqlite_list),
    "postgresql": (_postgresql, _postgresql_list),
}
