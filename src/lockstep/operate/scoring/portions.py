"""The rows of a Parquet file in portions of one size, from any row on, with one portion in memory."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH = 65_536  # rows decoded at once


def portions(path: Path, columns: list[str], start: int, size: int) -> Iterator["pa.Table"]:
    """Yield tables of `size` rows, the last one possibly smaller; each column is one chunk.

    The bytes of a Parquet file depend on the chunks, which would otherwise depend on the start row.

    Args:
        path: of the file.
        columns: what to read, in this order.
        start: the first row, from 0.
        size: rows of a portion.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batches in _cut(_from(file, columns, start, min(size, BATCH)), size):
            yield pa.Table.from_batches(batches).combine_chunks()


def _from(file: "pq.ParquetFile", columns: list[str], start: int, size: int) -> Iterator["pa.RecordBatch"]:
    """Yield the batches from row `start` on; whole row groups before it are not read."""
    skip = start
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if skip >= rows:
            skip -= rows
            continue
        # Group by group: one reader over all of them would keep in memory what it has read.
        for batch in file.iter_batches(size, row_groups=[group], columns=columns):
            if skip < batch.num_rows:
                # By name: of columns `a` and `a.b`, asking for the first gives both.
                yield batch.select(columns).slice(skip)
            skip = max(0, skip - batch.num_rows)


def _cut(batches: Iterable["pa.RecordBatch"], size: int) -> Iterator[list["pa.RecordBatch"]]:
    held: list[pa.RecordBatch] = []
    wanted = size
    for batch in batches:
        left = batch
        while left.num_rows >= wanted:
            yield [*held, left.slice(0, wanted)]
            left, held, wanted = left.slice(wanted), [], size
        if left.num_rows:
            held.append(left)
            wanted -= left.num_rows
    if held:
        yield held
