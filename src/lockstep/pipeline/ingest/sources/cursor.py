"""Rows of a DBAPI cursor, a batch at a time, as Arrow: works with every database."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from lockstep.pipeline.ingest.sources.statement import Statement

BATCH = 10_000  # rows held as Python objects at a time

PYTHON: dict[pa.DataType, type | tuple[type, ...]] = {
    pa.int64(): int,
    pa.float64(): (float, int),
    pa.string(): str,
    pa.bool_(): (bool, int),
    pa.timestamp("us"): datetime,
    pa.date32(): date,
}


def batches(connection: sa.Connection, statement: Statement) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a statement; cells of another type are delivered separately, as text."""
    options = {"stream_results": True, "yield_per": BATCH}
    with connection.execute(statement.select, execution_options=options) as result:
        for rows in result.partitions():
            yield to_arrow(list(zip(*rows, strict=True)), statement.schema)


def to_arrow(columns: list[Sequence[Any]], schema: pa.Schema) -> pa.RecordBatch:
    """Return columns of Python values as a batch; what does not fit is added to the last one, the misfits."""
    misfits: dict[int, dict[int, str]] = {}
    arrays = []
    for place, (values, field) in enumerate(zip(columns[:-1], list(schema)[:-1], strict=True)):
        try:
            arrays.append(pa.array(values, field.type))
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            arrays.append(_cell_by_cell(values, field.type, place, misfits))
    texts = [_merged(text, misfits.get(row), len(arrays)) for row, text in enumerate(columns[-1])]
    return pa.RecordBatch.from_arrays([*arrays, pa.array(texts, pa.string())], schema=schema)


def _merged(listed: str | None, found: dict[int, str] | None, width: int) -> str | None:
    if found is None:
        return listed
    before = json.loads(listed) if listed else [None] * width
    return json.dumps([found.get(place, text) for place, text in enumerate(before)])


def _cell_by_cell(
    values: Sequence[Any], arrow: pa.DataType, place: int, misfits: dict[int, dict[int, str]]
) -> pa.Array:
    fitting = []
    for row, value in enumerate(values):
        try:
            fitting.append(_fit(value, arrow))
        except (TypeError, ValueError, OverflowError):
            fitting.append(None)
            misfits.setdefault(row, {})[place] = _text(value)
    return pa.array(fitting, arrow)


def _fit(value: Any, arrow: pa.DataType) -> Any:
    """Return the value as the type.

    Raises:
        ValueError: it does not fit.
    """
    if value is None:
        return None
    if pa.types.is_string(arrow):
        raw = value.encode() if isinstance(value, str) else value  # fails for text that is not UTF-8
        return bytes(raw).decode() if isinstance(raw, bytes | bytearray | memoryview) else str(raw)
    if not isinstance(value, PYTHON[arrow]):
        raise ValueError(value)  # noqa: TRY004 # a fault of the data, not of the caller
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    return pa.scalar(bool(value) if pa.types.is_boolean(arrow) else value, arrow).as_py()


def _text(value: Any) -> str:
    """Return a cell as text; bytes that are not UTF-8 are escaped."""
    raw = value.encode(errors="surrogateescape") if isinstance(value, str) else value
    return bytes(raw).decode(errors="backslashreplace") if isinstance(raw, bytes | bytearray | memoryview) else str(raw)


def as_python(array: pa.Array) -> Sequence[Any]:
    """Return an array as Python values, texts that are not UTF-8 with their bytes as lone surrogates."""
    if not (pa.types.is_string(array.type) or pa.types.is_binary(array.type)):
        return list(array.to_pylist())
    raw = array.cast(pa.binary()).to_pylist()
    return [None if cell is None else cell.decode(errors="surrogateescape") for cell in raw]
