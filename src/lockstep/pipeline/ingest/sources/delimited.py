"""Text files with one row a line: CSV and the like, and columns separated by blanks."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc

from lockstep.core.errors import LockstepError
from lockstep.params.pipeline.source import FileSpec
from lockstep.pipeline.ingest.sources.base import Declared, Stream
from lockstep.tables.contract import Column

BLOCK = 1 << 22  # bytes parsed at a time; a row must fit into one
TEXT = Declared("text", "text", hint="any")


def declared(path: Path, spec: FileSpec) -> dict[str, Declared]:
    """Return the names of the columns; their types are not known before every cell is read."""
    with _open(path, spec, None) as reader:
        names = reader.schema.names
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise LockstepError(f"{path}: columns that appear more than once", repeated)
    return dict.fromkeys(names, TEXT)


def read(path: Path, spec: FileSpec, columns: tuple[Column, ...]) -> Stream:
    """Return the file's rows with every cell as text."""
    schema = pa.schema([pa.field(str(place), pa.string()) for place in range(len(columns))])
    return Stream(schema, _batches(path, spec, columns, schema), spec.nulls, spec.date_format)


def _batches(path: Path, spec: FileSpec, columns: tuple[Column, ...], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    names = [column.name for column in columns]
    with _open(path, spec, names) as reader:
        for batch in reader:
            yield pa.RecordBatch.from_arrays([batch.column(name) for name in names], schema=schema)


@contextmanager
def _open(path: Path, spec: FileSpec, names: list[str] | None) -> Iterator[pc.CSVStreamingReader]:
    """Open the file for streaming; `names` are the columns to read, None for all."""
    blanks = spec.delimiter.isspace() and spec.delimiter != "\t"
    reading = pc.ReadOptions(
        use_threads=False,  # so that an error gives the number of the row
        block_size=BLOCK,
        column_names=list(spec.columns) if spec.columns else None,
        skip_rows=1 if spec.columns and spec.header else 0,
    )
    parsing = pc.ParseOptions(delimiter=" " if blanks else spec.delimiter, newlines_in_values=not blanks)
    types = {name: pa.string() for name in names or ()}
    converting = pc.ConvertOptions(column_types=types, include_columns=names, strings_can_be_null=False)
    try:
        with pa.input_stream(str(path), compression="detect") as file:
            stream = pa.PythonFile(io.BufferedReader(_SingleBlanks(file), BLOCK), mode="r") if blanks else file
            yield pc.open_csv(stream, reading, parsing, converting)
    except pa.ArrowInvalid as error:
        raise LockstepError(f"{path}: not readable as a table of text", [_problem(str(error))]) from error
    except OSError as error:
        raise LockstepError(f"{path}: {error.strerror or error}") from error


def _problem(message: str) -> str:
    """Return Arrow's message in terms of the file."""
    if message == "Empty CSV file":
        return "the file is empty"
    return re.sub(r"^CSV parse error: Row #(\d+)", r"row \1 of the file", message)


class _SingleBlanks(io.RawIOBase):
    """Replaces runs of blanks by one, and strips lines."""

    def __init__(self, file: io.RawIOBase) -> None:
        super().__init__()
        self._file = file
        self._rest = b""
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # typeshed asks for any buffer
        while not self._ready and (block := self._file.read(BLOCK)):
            lines, newline, self._rest = (self._rest + block).rpartition(b"\n")
            self._ready = _single(lines) + newline
        if not self._ready:
            self._ready, self._rest = _single(self._rest), b""
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size


def _single(lines: bytes) -> bytes:
    return re.sub(rb"(?m)^ | (?=\r?$)", b"", re.sub(rb"[ \t]+", b" ", lines))
