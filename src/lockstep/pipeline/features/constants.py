"""Small tables of constants that queries join with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis.expr.types as ir


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
