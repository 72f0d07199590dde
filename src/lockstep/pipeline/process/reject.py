"""Every reason to reject a row of one raw table, in a DuckDB table that may spill to disk.

The order is part of the rules: the contract's checks and types, then orphans, then uniqueness. Each
step looks only at rows that passed the steps before it, so that a row is never a repeat of one that
is rejected itself.
"""

# ruff: noqa: S608 # names that users choose are quoted by `duck.quoted`, values are bound

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from lockstep.core.duck import parquet, quoted
from lockstep.core.progress import Advance
from lockstep.pipeline.process.table import RawTable
from lockstep.pipeline.process.validate import NOT_NULLABLE, breaches

if TYPE_CHECKING:
    import duckdb

BATCH = 1 << 17  # rows judged, and written as one row group, at a time
ENTITIES = "entities"  # keys of the entity rows that were kept


def start(db: duckdb.DuckDBPyConnection, table: RawTable) -> None:
    """Create the empty table of breaches; `number` is the 0-based row in the raw file."""
    columns = 'number BIGINT, "column" VARCHAR, "check" VARCHAR, value VARCHAR'
    db.execute(f"CREATE TEMP TABLE {breaches_of(table)} ({columns})")


def breaches_of(table: RawTable) -> str:
    """Return the name of the table's breaches; in hexadecimal, because SQL ignores case."""
    return f"breaches_{table.name.encode().hex()}"


def add_cells(db: duckdb.DuckDBPyConnection, table: RawTable, advance: Advance) -> None:
    """Add the cells that break the contract; memory holds one batch."""
    first = 0
    for batch in pq.ParquetFile(table.path).iter_batches(BATCH, columns=list(table.names)):
        for column, check, rows, values in breaches(table.contract, table.required, batch, first):
            db.register("found", pa.table({"number": rows, "value": values}))
            query = f"INSERT INTO {breaches_of(table)} SELECT number, ?, ?, CAST(value AS VARCHAR) FROM found"
            db.execute(query, [column, check])
            db.unregister("found")
        first += batch.num_rows
        advance(batch.num_rows)


def add_malformed(db: duckdb.DuckDBPyConnection, table: RawTable, malformed: Path) -> None:
    """Add the cells that did not fit their type; their null is not counted as a second breach."""
    name = breaches_of(table)
    cells = f'(SELECT "row" AS number, "column", value FROM {parquet(malformed)} WHERE "table" = ?)'
    db.execute(
        f"""DELETE FROM {name} AS b USING {cells} AS m
        WHERE b."check" = ? AND b.number = m.number AND b."column" = m."column" """,
        [table.name, NOT_NULLABLE],
    )
    db.execute(f"""INSERT INTO {name} SELECT number, "column", 'type', value FROM {cells}""", [table.name])


def remember_entities(db: duckdb.DuckDBPyConnection, owner: RawTable) -> None:
    """Keep the keys of the entity rows that were not rejected."""
    db.execute(f"CREATE TEMP TABLE {ENTITIES} AS SELECT c0 AS key FROM {_kept(owner, (str(owner.spec.key),))}")


def add_orphans(db: duckdb.DuckDBPyConnection, table: RawTable) -> None:
    """Add the events whose entity is absent or rejected."""
    entity = str(table.spec.entity)
    db.execute(
        f"""INSERT INTO {breaches_of(table)} SELECT e.number, ?, 'orphan', CAST(e.c0 AS VARCHAR)
        FROM {_kept(table, (entity,))} AS e ANTI JOIN {ENTITIES} AS k ON e.c0 = k.key""",
        [entity],
    )


def add_repeats(db: duckdb.DuckDBPyConnection, table: RawTable, columns: tuple[str, ...]) -> tuple[int, int]:
    """Add the rows that repeat an earlier row's values in `columns`; missing values are equal.

    The first one in raw order is kept. For a key this is the earliest by time: later versions were
    not known at the cutoffs before them.

    Returns:
        Number of rows identical to the first row, and number of rows that differ from it.
    """
    places = range(len(columns))
    keys = ", ".join(f"c{i}" for i in places)
    same = " AND ".join(f"k.c{i} IS NOT DISTINCT FROM f.c{i}" for i in places)
    texts = [f"CAST(k.c{i} AS VARCHAR)" for i in places]
    blank = ", ".join(f"coalesce({text}, '')" for text in texts)
    value = texts[0] if len(texts) == 1 else f"concat_ws(', ', {blank})"
    kept = _kept(table, columns)
    db.execute(
        f"""CREATE OR REPLACE TEMP TABLE repeats AS
        WITH firsts AS (SELECT {keys}, min(number) AS first FROM {kept} GROUP BY {keys} HAVING count(*) > 1)
        SELECT k.number, f.first, {value} AS value
        FROM {kept} AS k JOIN firsts AS f ON {same} WHERE k.number > f.first"""
    )
    db.execute(f"INSERT INTO {breaches_of(table)} SELECT number, ?, 'unique', value FROM repeats", [", ".join(columns)])
    return _compare(db, table)


def count_identical(db: duckdb.DuckDBPyConnection, table: RawTable) -> int:
    """Return how many kept rows repeat another in every column: they may be two equal events."""
    names = ", ".join(f"c{i}" for i in range(len(table.names)))
    groups = f"SELECT count(*) - 1 AS more FROM {_kept(table, table.names)} GROUP BY {names} HAVING count(*) > 1"
    return _scalar(db, f"SELECT coalesce(sum(more), 0) FROM ({groups})")


def count_rejected(db: duckdb.DuckDBPyConnection, table: RawTable) -> int:
    """Return how many rows have a breach."""
    return _scalar(db, f"SELECT count(DISTINCT number) FROM {breaches_of(table)}")


def count_reasons(db: duckdb.DuckDBPyConnection, table: RawTable) -> list[tuple[str, str, int, str | None]]:
    """Return column, check, rows and an example of each reason, the most frequent first."""
    rows: list[tuple[str, str, int, str | None]] = db.execute(
        f"""SELECT "column", "check", count(DISTINCT number) AS rows, min(value) FROM {breaches_of(table)}
        GROUP BY "column", "check" ORDER BY rows DESC, "column", "check" """
    ).fetchall()
    return rows


def _kept(table: RawTable, columns: tuple[str, ...]) -> str:
    """Return the subquery of rows without a breach so far, columns renamed to c0, c1, ..."""
    selected = ", ".join(f"raw.{quoted(name)} AS c{i}" for i, name in enumerate(columns))
    return f"""(SELECT raw.file_row_number AS number, {selected} FROM {parquet(table.path, numbered=True)} AS raw
        ANTI JOIN {breaches_of(table)} AS b ON raw.file_row_number = b.number)"""


def _compare(db: duckdb.DuckDBPyConnection, table: RawTable) -> tuple[int, int]:
    repeated = _scalar(db, "SELECT count(*) FROM repeats")
    if not repeated:
        return 0, 0
    raw = parquet(table.path, numbered=True)
    same = " AND ".join(f"a.{quoted(name)} IS NOT DISTINCT FROM b.{quoted(name)}" for name in table.names)
    identical = _scalar(
        db,
        f"""SELECT count(*) FROM repeats AS r JOIN {raw} AS a ON a.file_row_number = r.number
        JOIN {raw} AS b ON b.file_row_number = r.first WHERE {same}""",
    )
    return identical, repeated - identical


def _scalar(db: duckdb.DuckDBPyConnection, query: str) -> int:
    (value,) = db.execute(query).fetchall()[0]
    return int(value)
