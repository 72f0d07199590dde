"""Run queries and keep their results; numbers outside the range of exact sums are an error, never rounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lockstep.core.duck import faults_of
from lockstep.core.errors import LockstepError

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend


class InexactError(LockstepError):
    """A column's numbers cannot be added as integers of 38 digits."""


def keep(backend: Backend, query: ir.Table) -> ir.Table:
    """Return the result of a query as a temporary table, which spills to disk when memory is short."""
    from ibis.util import gen_name

    with faults_of("features"):
        return backend.create_table(gen_name("features"), query, temp=True)


def keep_exact(backend: Backend, query: ir.Table, place: str, decimals: int) -> ir.Table:
    """Return the result of a query that adds exactly, see `keep`.

    Raises:
        InexactError: it cannot; the message begins with `place`, such as a table and column.
    """
    import duckdb

    try:
        return keep(backend, query)
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
        raise InexactError(
            f"{place}: infinite, or too large to be added exactly with features.decimals = {decimals}",
            ["lower features.decimals, or give the column a larger unit", str(error).partition("\n")[0]],
        ) from error


def fetch(query: ir.Table) -> list[dict[str, Any]]:
    """Return a small result as one mapping per row."""
    # Not by Ibis's own methods: one loads pandas (half a second), the other (Ibis 12.0) does not work with DuckDB 2.
    backend = query.get_backend()
    cursor = backend.raw_sql(backend.compile(query))
    return [dict(zip(query.columns, row, strict=True)) for row in cursor.fetchall()]


def constant_table(types: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> ir.Table:
    """Return a table that is part of the query's text: nothing to register, and nothing left behind.

    Args:
        types: column -> Ibis type.
        rows: one or more.
    """
    import ibis
    import ibis.expr.datatypes as dt

    # Not ibis.memtable: handing DuckDB an Arrow table loads pandas, for half a second.
    listed = ibis.literal(list(rows), type=dt.Array(dt.Struct(dict(types))))
    return listed.unnest().name("row").as_table().unpack("row")
