"""The quality report: rejected rows of each table, and statistics of each column of the kept rows.

`quality.json` maps each table to `rows_in`, `rows_out`, `rejected` (rows), `rejects` (column -> check
-> rows; a row may break several), `duplicates` and `columns`. A column has `type`, `missing`,
`missing_share`, `distinct`; a number or a time also `min` and `max`; a number that is no key also
`mean`, `std` and `outliers` (Tukey's fences); a text or a boolean `top`, the values that occur
most. What is undefined (the mean of no values) is null.
"""

# ruff: noqa: S608 # names that users choose are quoted by `duck.quoted`, values are bound

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockstep.core.duck import parquet, quoted
from lockstep.core.errors import shorten
from lockstep.core.progress import Advance
from lockstep.pipeline.process.clean import Outcome
from lockstep.pipeline.process.table import RawTable
from lockstep.tables.contract import Column

if TYPE_CHECKING:
    import duckdb

NAME = "quality.json"
TOP = 10
TEXT_WIDTH = 120  # characters of a value among `top`
WHISKER = 1.5  # interquartile ranges beyond the quartiles (Tukey, Exploratory Data Analysis, 1977)
BITS = 53  # of a double: values are added as whole numbers of so many bits, so that the order does not matter


def table_quality(
    db: duckdb.DuckDBPyConnection, table: RawTable, outcome: Outcome, kept: Path, advance: Advance
) -> dict[str, Any]:
    """Return the report of one table.

    Args:
        db: a connection of `duck.connect`.
        table: the raw table.
        outcome: of its screening.
        kept: the Parquet file of the kept rows.
        advance: called with 1 for each column.
    """
    rejects: dict[str, dict[str, int]] = {}
    for reason in sorted(outcome.reasons, key=lambda reason: (reason.column, reason.check)):
        rejects.setdefault(reason.column, {})[reason.check] = reason.rows
    rows = outcome.rows - outcome.rejected
    columns = {}
    for column in table.contract.columns:
        is_name = column.name in (table.spec.key, table.spec.entity)
        columns[column.name] = _column_quality(db, column, is_name, rows, parquet(kept))
        advance(1)
    return {
        "rows_in": outcome.rows,
        "rows_out": rows,
        "rejected": outcome.rejected,
        "rejects": rejects,
        "duplicates": {"identical": outcome.identical, "same_key": outcome.same_key},
        "columns": columns,
    }


def _column_quality(
    db: duckdb.DuckDBPyConnection, column: Column, is_name: bool, rows: int, kept: str
) -> dict[str, Any]:
    # Named x in a subquery: a column may have any name.
    cells = f"(SELECT {quoted(column.name)} AS x FROM {kept})"
    present, distinct, low, high = _row(db, f"SELECT count(x), count(DISTINCT x), min(x), max(x) FROM {cells}")
    report: dict[str, Any] = {
        "type": column.type,
        "missing": rows - present,
        "missing_share": round((rows - present) / rows, 6),
        "distinct": distinct,
    }
    if column.type in ("int64", "float64", "datetime"):
        report |= {"min": _plain(low), "max": _plain(high)}
    if column.type in ("int64", "float64") and not is_name:
        report |= _moments(db, cells, present, low, high) | {"outliers": _outliers(db, cells, present)}
    if column.type in ("string", "bool") and not is_name:
        report["top"] = _top(db, cells)
    return report


def _moments(db: duckdb.DuckDBPyConnection, cells: str, count: int, low: Any, high: Any) -> dict[str, float | None]:
    """Return mean and sample standard deviation, the same for any number of threads.

    Each summand is rounded to a whole multiple of 2^-53 of the greatest one, and those are added exactly.
    """
    if count == 0:
        return {"mean": None, "std": None}
    # Scaled by a power of two, which is exact, so that all lie in [-1, 1].
    down = math.ldexp(1.0, max(-1024, min(1000, -math.frexp(max(abs(low), abs(high)))[1])))
    unit = math.ldexp(1.0, BITS)
    (total,) = _row(db, f"SELECT sum(CAST(x * ? * ? AS BIGINT)) FROM {cells}", [down, unit])
    mean = total / count / unit
    if count == 1:
        return {"mean": _plain(mean / down), "std": None}
    half = unit / 4  # squares of differences in [-2, 2] lie in [0, 4]
    square = "(x * ? - ?) * (x * ? - ?)"
    (squares,) = _row(db, f"SELECT sum(CAST({square} * ? AS BIGINT)) FROM {cells}", [down, mean, down, mean, half])
    return {"mean": _plain(mean / down), "std": _plain(math.sqrt(squares / half / (count - 1)) / down)}


def _outliers(db: duckdb.DuckDBPyConnection, cells: str, count: int) -> dict[str, float | int | None]:
    if count == 0:
        return {"low": None, "high": None, "rows": 0}
    first, third = _quartiles(db, cells, count)
    low, high = first - WHISKER * (third - first), third + WHISKER * (third - first)
    (rows,) = _row(db, f"SELECT count(*) FROM {cells} WHERE x < ? OR x > ?", [low, high])
    return {"low": _plain(low), "high": _plain(high), "rows": rows}


def _quartiles(db: duckdb.DuckDBPyConnection, cells: str, count: int) -> tuple[float, float]:
    """Return the first and third quartile, between neighbours by linear interpolation.

    By a sort, which spills; DuckDB's own quantiles hold the column in memory.
    """
    places = [(count - 1) * share for share in (0.25, 0.75)]
    ranks = sorted({rank for place in places for rank in (math.floor(place), math.ceil(place))})
    found = db.execute(
        f"""SELECT n, CAST(x AS DOUBLE) FROM (
            SELECT x, row_number() OVER (ORDER BY x) - 1 AS n FROM {cells} WHERE x IS NOT NULL
        ) WHERE list_contains(?, n)""",
        [ranks],
    ).fetchall()
    value = dict(found)
    first, third = (
        value[math.floor(place)] + (place % 1) * (value[math.ceil(place)] - value[math.floor(place)])
        for place in places
    )
    return first, third


def _top(db: duckdb.DuckDBPyConnection, cells: str) -> list[dict[str, Any]]:
    """Return the most frequent values; values that occur once are left out."""
    query = f"""SELECT x, count(*) AS n FROM {cells} WHERE x IS NOT NULL
        GROUP BY x HAVING n > 1 ORDER BY n DESC, x LIMIT {TOP}"""
    found = db.execute(query).fetchall()
    return [{"value": shorten(x, TEXT_WIDTH) if isinstance(x, str) else x, "rows": n} for x, n in found]


def _row(db: duckdb.DuckDBPyConnection, query: str, values: list[float] | None = None) -> tuple[Any, ...]:
    row: tuple[Any, ...] = db.execute(query, values or []).fetchall()[0]
    return row


def _plain(value: Any) -> Any:
    """Return the value as one of JSON's types."""
    if isinstance(value, datetime):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value
