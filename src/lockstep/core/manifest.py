"""The manifest of a data directory: its tables and their digests."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from lockstep.core.errors import LockstepError
from lockstep.core.files import dump_json, read_model, sha256

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.parquet as pq

NAME = "manifest.json"


class TableEntry(BaseModel):
    """One Parquet file: rows, column types (Arrow's names), span of its time column, digest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    rows: int
    sha256: str
    columns: dict[str, str]
    span: tuple[datetime, datetime] | None = None


class Manifest(BaseModel):
    """Tables of one data directory by name, and the as_of of their source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: datetime | None
    tables: dict[str, TableEntry]

    def write(self, directory: Path) -> None:
        """Write `manifest.json`; call it last, inside `files.whole_directory`."""
        text = dump_json(self.model_dump(mode="json"))
        (directory / NAME).write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, directory: Path) -> Manifest:
        """Return the manifest of `directory`.

        Raises:
            LockstepError: it is missing or damaged.
        """
        return read_model(cls, directory / NAME)

    def path(self, directory: Path, table: str) -> Path:
        """Return the path of a table's file after its digest has been checked.

        Raises:
            LockstepError: the table is not in the manifest, or the file is missing or differs.
        """
        if table not in self.tables:
            raise LockstepError(f"{directory / NAME}: no table {table!r}; it has {', '.join(self.tables)}")
        entry = self.tables[table]
        path = directory / entry.file
        check_digest(path, entry.sha256)
        return path

    def frame(self, directory: Path, table: str) -> pd.DataFrame:
        """Return a table as a frame after its digest has been checked.

        Raises:
            LockstepError: see `path`.
        """
        return read_frame(self.path(directory, table))


def read_frame(path: Path) -> pd.DataFrame:
    """Return a Parquet file as a frame.

    Without this file system, pandas gives Arrow a Python file, whose buffers Arrow's threads may still hold at exit:
    on a busy machine, one in ten processes that exit soon afterwards aborts.
    """
    import pandas as pd
    from pyarrow.fs import LocalFileSystem

    return pd.read_parquet(path, filesystem=LocalFileSystem())


def check_digest(path: Path, expected: str) -> None:
    """Check that a file is unchanged.

    Raises:
        LockstepError: the file is missing or its SHA-256 is not `expected`.
    """
    if not path.is_file():
        raise LockstepError(f"{path}: missing; run `dvc repro`")
    found = sha256(path)
    if found != expected:
        raise LockstepError(
            f"{path}: damaged: expected SHA-256 {expected[:12]}…, found {found[:12]}…",
            [
                "remove the file and run `dvc checkout`: the copy in DVC's cache may be intact",
                "if that restores the same bytes, run `dvc repro --force`",
            ],
        )


def describe(path: Path, time: str | None = None) -> TableEntry:
    """Return the entry of a Parquet file from its footer and, with `time`, the span of that column."""
    import pyarrow.parquet as pq

    parquet = pq.ParquetFile(path)
    schema = parquet.schema_arrow
    return TableEntry(
        file=path.name,
        rows=parquet.metadata.num_rows,
        sha256=sha256(path),
        columns={field.name: str(field.type) for field in schema},
        span=_span(parquet, time) if time else None,
    )


def _span(parquet: pq.ParquetFile, time: str) -> tuple[datetime, datetime] | None:
    import pyarrow.compute as pc

    low: datetime | None = None
    high: datetime | None = None
    for batch in parquet.iter_batches(columns=[time]):
        ends = pc.min_max(batch.column(0)).as_py()
        if ends["min"] is not None:
            low = ends["min"] if low is None else min(low, ends["min"])
            high = ends["max"] if high is None else max(high, ends["max"])
    return None if low is None or high is None else (low, high)
