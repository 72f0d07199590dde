"""All series of two tables."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa

from lockstep.core.progress import Advance, ignore
from lockstep.pipeline.drift.comparison import Comparison, Series, compare

MOST_THREADS = 4  # each holds some arrays as long as both columns together


def compare_tables(
    series: Sequence[Series], reference: pa.Table, current: pa.Table, advance: Advance = ignore
) -> tuple[Comparison, ...]:
    """Measure each series, in the order given.

    Sorting is nearly all of the work and NumPy does it outside the interpreter's lock. A series is
    one task and the results stand in order, so the number of threads changes nothing in them.

    Args:
        series: columns that both tables have.
        reference: shape (n, columns); numbers or texts.
        current: shape (m, columns).
        advance: called with 1 for each series done.
    """

    def one(column: Series) -> Comparison:
        return compare(column, _values(column, reference), _values(column, current))

    done = []
    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as threads:
        for comparison in threads.map(one, series):
            done.append(comparison)
            advance(1)
    return tuple(done)


def _values(series: Series, table: pa.Table) -> Any:
    column = table.column(series.name)
    return column.to_numpy() if series.kind in ("number", "boolean") else column
