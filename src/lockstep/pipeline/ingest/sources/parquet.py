"""Parquet files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lockstep.core.errors import LockstepError
from lockstep.pipeline.ingest.sources.base import Declared, Kind, Stream
from lockstep.tables.contract import Column

BATCH = 1 << 14

KINDS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("int", ("is_integer",)),
    ("float", ("is_floating",)),
    ("decimal", ("is_decimal",)),
    ("text", ("is_string", "is_large_string", "is_string_view")),
    ("bool", ("is_boolean",)),
    ("datetime", ("is_timestamp",)),
    ("date", ("is_date",)),
    ("any", ("is_null",)),
)


def kind_of(arrow: pa.DataType) -> Kind:
    """Return the kind of an Arrow type."""
    plain = arrow.value_type if pa.types.is_dictionary(arrow) else arrow
    return next((kind for kind, tests in KINDS if any(getattr(pa.types, test)(plain) for test in tests)), "other")


def declared(path: Path) -> dict[str, Declared]:
    """Return the file's columns and Arrow types."""
    with _readable(path), pq.ParquetFile(path) as file:
        return {field.name: Declared(kind_of(field.type), str(field.type)) for field in file.schema_arrow}


def read(path: Path, columns: tuple[Column, ...]) -> Stream:
    """Return the file's rows, a batch at a time."""
    names = [column.name for column in columns]
    with _readable(path), pq.ParquetFile(path) as file:
        types = [_plain(file.schema_arrow.field(name).type) for name in names]
    schema = pa.schema([pa.field(str(place), kind) for place, kind in enumerate(types)])
    return Stream(schema, _batches(path, names, schema))


def _batches(path: Path, names: list[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with _readable(path), pq.ParquetFile(path) as file:
        # Row groups are read one at a time: prefetching would keep several in memory.
        for batch in file.iter_batches(BATCH, columns=names, use_threads=True):
            arrays = [_as(batch.column(name), field.type) for name, field in zip(names, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _plain(arrow: pa.DataType) -> pa.DataType:
    """Return the type that is read: values for a dictionary, microseconds for nanoseconds."""
    if pa.types.is_timestamp(arrow) and arrow.unit == "ns":
        return pa.timestamp("us", arrow.tz)
    return arrow.value_type if pa.types.is_dictionary(arrow) else arrow


def _as(array: pa.Array, arrow: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(array.type) and array.type != arrow:
        # Down, as digits of a text are cut off: rounded up, an instant before as_of could become as_of.
        return pc.floor_temporal(array, unit="microsecond").cast(arrow)
    return array.cast(arrow)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise LockstepError(f"{path}: not readable as Parquet ({error})") from error
