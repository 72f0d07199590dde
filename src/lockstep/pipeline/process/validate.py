"""A table against its contract, batch by batch: what is wrong with the table, and with each cell."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.pipeline.process.checks import Contract
from lockstep.tables.contract import Type

ARROW: dict[Type, str] = {
    "int64": "int64",
    "float64": "double",
    "string": "string",
    "bool": "bool",
    "datetime": "timestamp[us]",
}

NOT_NULLABLE = "not_nullable"  # pandera's name
FINITE = "finite"


def structure_faults(contract: Contract, columns: dict[str, str], rows: int) -> list[str]:
    """Return faults of the whole table: columns missing, of another type, or no rows at all.

    Args:
        contract: what is expected.
        columns: name -> Arrow type, as found.
        rows: how many there are.
    """
    faults = []
    for column in contract.columns:
        found = columns.get(column.name)
        if found is None:
            faults.append(f"column {column.name!r} is missing")
        elif found != ARROW[column.type]:
            faults.append(f"column {column.name!r}: expected {ARROW[column.type]}, found {found}")
    return [*faults, *(["the table is empty"] if rows == 0 else [])]


def breaches(
    contract: Contract, required: frozenset[str], batch: pa.RecordBatch, first: int
) -> Iterator[tuple[str, str, pa.Array, pa.Array]]:
    """Yield column, check, rows (int64) and values (the column's type) of the cells that break a check.

    NaN is a missing value, as it is to pandera. An infinite number breaks `finite`, whatever the
    contract says: nothing can be computed from it.

    Args:
        contract: columns and their checks.
        required: columns that must have values even where the contract is silent: key, entity, time.
        batch: the contract's columns.
        first: row number of the batch's first row.
    """
    for column in contract.columns:
        cells = missing_as_null(batch.column(column.name))
        if cells.null_count and (not column.nullable or column.name in required):
            yield column.name, NOT_NULLABLE, *_failed(cells, cells.is_null(), first)
        for check, failed in _failures(contract, column.name, cells):
            if pc.any(failed).as_py():
                yield column.name, check, *_failed(cells, failed, first)


def missing_as_null(cells: pa.Array) -> pa.Array:
    """Return the cells with NaN, which is a missing value too, as null."""
    if not pa.types.is_floating(cells.type):
        return cells
    nan = pc.is_nan(cells)
    return pc.if_else(nan, pa.scalar(None, cells.type), cells) if pc.any(nan).as_py() else cells


def _failures(contract: Contract, column: str, cells: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    if pa.types.is_floating(cells.type):
        yield FINITE, pc.is_inf(cells)
    # A check judges a value by itself: each distinct text is judged once.
    encoded = cells.dictionary_encode() if pa.types.is_string(cells.type) else None
    values = (cells.drop_null() if encoded is None else encoded.dictionary).to_pandas()
    for check in contract.checks[column]:
        failed = ~np.asarray(check(values).check_output, dtype=bool)
        yield check.name, _spread(failed, encoded, cells)


def _spread(failed: np.ndarray, encoded: pa.DictionaryArray | None, cells: pa.Array) -> pa.Array:
    """Return per cell what was found per value; a missing cell has not failed."""
    if encoded is not None:
        return pa.array(failed).take(encoded.indices).fill_null(False)
    everywhere = np.zeros(len(cells), dtype=bool)
    everywhere[cells.is_valid().to_numpy(zero_copy_only=False)] = failed
    return pa.array(everywhere)


def _failed(cells: pa.Array, failed: pa.Array, first: int) -> tuple[pa.Array, pa.Array]:
    rows = pc.indices_nonzero(failed)
    return pc.add(rows.cast(pa.int64()), first), cells.take(rows)
