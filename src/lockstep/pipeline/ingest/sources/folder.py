"""A folder of files, one per table; or one file with the only table."""

from datetime import datetime
from pathlib import Path

from lockstep.core.errors import LockstepError
from lockstep.params.pipeline.source import FileSpec, TableSpec
from lockstep.pipeline.ingest.sources import delimited, parquet
from lockstep.pipeline.ingest.sources.base import Declared, Stream
from lockstep.tables.contract import Column

PARQUET = (".parquet", ".pq")
SUFFIXES = (".csv", ".parquet")  # of a table's file where params.yaml gives none


class Folder:
    """Reads CSV and other delimited text, and Parquet; the suffix decides."""

    def __init__(self, path: Path, shown: str) -> None:
        self.shown = shown
        self._path = path
        if not path.exists():
            raise LockstepError(f"params.yaml: source.url: {shown}: no such file or folder")

    def declared(self, name: str, table: TableSpec) -> dict[str, Declared]:
        """Return the columns of a table's file."""
        path = self._file(name, table)
        if path.suffix in PARQUET:
            return parquet.declared(path)
        return delimited.declared(path, table.file or FileSpec())

    def read(
        self,
        name: str,
        table: TableSpec,
        columns: tuple[Column, ...],
        before: datetime | None,  # noqa: ARG002 # files have no index
        *,
        fast: bool = False,  # noqa: ARG002 # there is one way
    ) -> Stream:
        """Return all rows of a table's file."""
        path = self._file(name, table)
        if path.suffix in PARQUET:
            return parquet.read(path, columns)
        return delimited.read(path, table.file or FileSpec(), columns)

    def _file(self, name: str, table: TableSpec) -> Path:
        if self._path.is_file():
            return self._path
        if table.file and table.file.path:
            candidates = [self._path / table.file.path]
        else:
            candidates = [self._path / f"{table.table or name}{suffix}" for suffix in SUFFIXES]
        found = [path for path in candidates if path.is_file()]
        if len(found) == 1:
            return found[0]
        names = " or ".join(path.name for path in candidates)
        what = "two files, expected one of" if found else "no file"
        there = sorted(path.name for path in self._path.iterdir() if path.is_file())
        raise LockstepError(
            f"table {name}: {what} {names} in {self.shown}; there are {', '.join(there[:20]) or 'none'}"
        )
