"""Sort a stream of rows into the same order for every source, out of core, and write Parquet.

Order: key, then time, then all columns of the contract; nulls first, texts by their bytes. Two rows
that are equal in all columns have the same bytes, so that the file depends neither on the
source's order nor on the number of threads.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lockstep.core.duck import quoted
from lockstep.core.progress import Advance, ignore
from lockstep.pipeline.ingest.casting import conforming
from lockstep.pipeline.ingest.layout import Layout
from lockstep.pipeline.ingest.sources.base import MISFITS, Stream

if TYPE_CHECKING:
    import duckdb

RELATION = "source"

Report = Callable[[int, pa.ListArray], None]
"""Called with the number of the first row, and per row null or the texts of its malformed cells."""


def write_sorted(
    connection: "duckdb.DuckDBPyConnection",
    stream: Stream,
    layout: Layout,
    path: Path,
    *,
    before: datetime | None = None,
    report: Report = lambda _first, _cells: None,
    advance: Advance = ignore,
) -> int:
    """Write the stream's rows to `path` and return how many there are.

    Raises:
        LockstepError: the disk is full, or the stream fails.
    """
    names = [layout.key, layout.time, *(column.name for column in layout.columns)]
    places = list(dict.fromkeys(layout.place(name) for name in names if name is not None))
    order = ", ".join(f"{quoted(str(place))} NULLS FIRST" for place in places)
    query = f"{conforming(stream, layout.columns, RELATION)} ORDER BY {order}, {MISFITS} NULLS FIRST"
    rows = 0
    with (
        serving(connection, stream, advance),
        parquet_writer(path, layout.schema) as writer,
        ThreadPoolExecutor(1) as background,
    ):
        written: Future[None] | None = None
        batches = connection.sql(query).to_arrow_reader(layout.row_group)
        for batch in in_row_groups(_earlier(batches, layout, before), layout.row_group):
            report(rows, batch.column(MISFITS))
            values = pa.RecordBatch.from_arrays(batch.columns[:-1], schema=layout.schema)
            if written is not None:
                written.result()
            # Written while the next rows are merged.
            written = background.submit(writer.write_batch, values, row_group_size=layout.row_group)
            rows += batch.num_rows
        if written is not None:
            written.result()
    return rows


def parquet_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a file whose columns are encoded by their type: a third smaller and faster than by default."""
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    stepped = [field.name for field in schema if pa.types.is_int64(field.type) or pa.types.is_timestamp(field.type)]
    encodings = dict.fromkeys(stepped, "DELTA_BINARY_PACKED")
    return pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=texts, column_encoding=encodings)


def _earlier(batches: Iterable[pa.RecordBatch], layout: Layout, before: datetime | None) -> Iterator[pa.RecordBatch]:
    """Drop rows at or after `before` that the source left in; keep rows without a time."""
    # Here and not in SQL: DuckDB moves a filter down, and then reads each text several times.
    for batch in batches:
        if before is None or layout.time is None:
            yield batch
        else:
            late = pc.greater_equal(batch.column(layout.place(layout.time)), pa.scalar(before, pa.timestamp("us")))
            yield batch.filter(pc.invert(late.fill_null(False))) if pc.any(late).as_py() else batch


@contextmanager
def serving(connection: "duckdb.DuckDBPyConnection", stream: Stream, advance: Advance = ignore) -> Iterator[None]:
    """Let SQL read the stream once, as `RELATION`; an error of the stream is raised unchanged."""
    failures: list[BaseException] = []
    reader = pa.RecordBatchReader.from_batches(stream.schema, _watched(stream, advance, failures))
    connection.register(RELATION, reader)
    try:
        yield
    except Exception:
        if failures:  # DuckDB keeps only its text
            raise failures[0] from None
        raise
    finally:
        connection.unregister(RELATION)


def _watched(stream: Stream, advance: Advance, failures: list[BaseException]) -> Iterator[pa.RecordBatch]:
    try:
        for batch in stream.batches:
            advance(batch.num_rows)
            yield batch
    except BaseException as error:
        failures.append(error)
        raise


def in_row_groups(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Regroup into batches of exactly `rows`, except the last: the sizes that arrive depend on the threads."""
    pending: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        pending.append(batch)
        count += batch.num_rows
        while count >= rows:
            table = pa.Table.from_batches(pending)
            yield from table.slice(0, rows).combine_chunks().to_batches()
            pending, count = table.slice(rows).to_batches(), count - rows
    if count:
        yield from pa.Table.from_batches(pending).combine_chunks().to_batches()
