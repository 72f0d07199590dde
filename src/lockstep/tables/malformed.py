"""Malformed cells do not fit their column's type: they are null in the raw table and listed here with their text."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lockstep.tables.contract import Column

NAME = "malformed"
SCHEMA = pa.schema([("table", pa.string()), ("row", pa.int64()), ("column", pa.string()), ("value", pa.string())])
BUFFERED = 100_000  # cells written at a time


class MalformedCells:
    """Takes malformed cells in the order of tables and rows, and writes them ordered by table, row and column."""

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer = writer
        self._pending: list[pa.RecordBatch] = []

    def add(self, table: str, columns: tuple[Column, ...], first: int, texts: pa.ListArray) -> None:
        """Note the malformed cells of a batch.

        Args:
            table: name of the table.
            columns: of its contract.
            first: number of the batch's first row, 0-based in the raw file.
            texts: per row null or, per column, the text of a malformed cell or null.
        """
        rows = pc.indices_nonzero(texts.is_valid())
        if not len(rows):
            return
        flat = texts.take(rows).flatten()
        found = pc.indices_nonzero(flat.is_valid()).to_numpy()
        names = pa.array([column.name for column in columns])
        arrays = [
            pa.repeat(pa.scalar(table), len(found)),
            pa.array(rows.to_numpy()[found // len(columns)].astype(np.int64) + first),
            names.take(pa.array(found % len(columns))),
            flat.take(pa.array(found)),
        ]
        self._pending.append(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))
        if sum(batch.num_rows for batch in self._pending) >= BUFFERED:
            self.flush()

    def flush(self) -> None:
        """Write the buffered cells."""
        if self._pending:
            self._writer.write_table(pa.Table.from_batches(self._pending))
            self._pending.clear()


@contextmanager
def malformed_cells(path: Path) -> Iterator[MalformedCells]:
    """Open the list of malformed cells for writing."""
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        cells = MalformedCells(writer)
        yield cells
        cells.flush()
