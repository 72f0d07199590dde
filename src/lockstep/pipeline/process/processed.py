"""Write the kept rows of a raw table, and its rejects with the reasons."""

# ruff: noqa: S608 # names that users choose are quoted by `duck.quoted`, values are bound

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from lockstep.core.duck import parquet, quoted
from lockstep.core.progress import Advance
from lockstep.pipeline.process.reject import BATCH, breaches_of
from lockstep.pipeline.process.table import RawTable
from lockstep.pipeline.process.validate import missing_as_null

if TYPE_CHECKING:
    import duckdb

COMPRESSION = "zstd"
REJECTS = pa.schema(
    [("table", pa.string()), ("key", pa.string()), ("column", pa.string()), ("check", pa.string()),
     ("value", pa.string()), ("row", pa.int64())]
)  # fmt: skip


def write_kept(db: duckdb.DuckDBPyConnection, table: RawTable, path: Path, advance: Advance) -> None:
    """Write the rows without a breach, in raw order; each batch gives a row group."""
    keep = _keep(db, table)
    raw = pq.ParquetFile(table.path)
    schema = pa.schema([(name, raw.schema_arrow.field(name).type) for name in table.names])
    # A dictionary of numbers grows too large and is discarded: twice the time for a larger file.
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    first = 0
    with pq.ParquetWriter(path, schema, compression=COMPRESSION, use_dictionary=texts) as writer:
        for batch in raw.iter_batches(BATCH, columns=list(table.names)):
            rows = batch.filter(pa.array(keep[first : first + batch.num_rows]))
            columns = [missing_as_null(rows.column(name)) for name in table.names]
            writer.write_batch(pa.record_batch(columns, schema=schema))
            first += batch.num_rows
            advance(batch.num_rows)


def write_rejects(db: duckdb.DuckDBPyConnection, table: RawTable, path: Path) -> None:
    """Write table, key, column, check, value, row of each breach, sorted by row, column, check."""
    key = f"CAST(raw.{quoted(table.spec.key)} AS VARCHAR)" if table.spec.key is not None else "CAST(NULL AS VARCHAR)"
    reader = db.sql(
        f"""SELECT ? AS "table", {key} AS key, b."column", b."check", b.value, b.number AS "row"
        FROM {breaches_of(table)} AS b
        JOIN {parquet(table.path, numbered=True)} AS raw ON raw.file_row_number = b.number
        ORDER BY b.number, b."column", b."check", b.value NULLS FIRST""",
        params=[table.name],
    ).to_arrow_reader(BATCH)
    with pq.ParquetWriter(path, REJECTS, compression=COMPRESSION) as writer:
        for group in _groups(reader):
            writer.write_table(group, row_group_size=BATCH)


def _keep(db: duckdb.DuckDBPyConnection, table: RawTable) -> npt.NDArray[np.bool_]:
    """Return one byte per raw row: whether it is kept."""
    keep = np.ones(table.rows, dtype=bool)
    for batch in db.sql(f"SELECT number FROM {breaches_of(table)}").to_arrow_reader(BATCH):
        keep[batch.column(0).to_numpy()] = False
    return keep


def _groups(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Regroup batches of any size into tables of one size."""
    pending = REJECTS.empty_table()
    for batch in reader:
        pending = pa.concat_tables([pending, pa.Table.from_batches([batch]).cast(REJECTS)])
        while pending.num_rows >= BATCH:
            yield pending.slice(0, BATCH)
            pending = pending.slice(BATCH)
    yield pending
