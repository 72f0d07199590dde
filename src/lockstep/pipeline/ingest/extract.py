"""From the source to `data/raw`: all tables as of one instant, sorted, up to as_of."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_before_delay, wait_exponential

from lockstep.core import duck
from lockstep.core.errors import LockstepError
from lockstep.core.files import whole_directory
from lockstep.core.manifest import Manifest, describe
from lockstep.core.progress import Progress
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.source import SourceSpec, TableSpec
from lockstep.pipeline.ingest.casting import conforming
from lockstep.pipeline.ingest.layout import Layout, Layouts, read_layouts
from lockstep.pipeline.ingest.sorting import RELATION, serving, write_sorted
from lockstep.pipeline.ingest.source_contract import check_date_formats, check_declared
from lockstep.pipeline.ingest.sources.base import MisfitsError, Source, UnreachableError
from lockstep.pipeline.ingest.sources.opening import open_source
from lockstep.tables.malformed import NAME as MALFORMED
from lockstep.tables.malformed import MalformedCells, malformed_cells

if TYPE_CHECKING:
    import duckdb

ATTEMPTS = 4
LIMIT = 10  # seconds after which a lost connection is not retried
# DuckDB sorts more than this on disk. Its merge holds some hundred thousand rows, so that it needs more for wide ones.
MEMORY = 256  # MB, of a table of up to 16 columns
MEMORY_PER_COLUMN = 16  # MB, of a table of more
THREADS = 2  # one that reads and one that sorts: there is one stream of rows


def extract(spec: SourceSpec, workspace: Workspace, progress: Progress) -> None:
    """Write `data/raw`, whole or not at all: one Parquet file per table, malformed cells, manifest.

    A lost connection is retried from the first table on, so that all tables are of one instant.

    Raises:
        LockstepError: no contract, no table or column, nothing before as_of, no connection, disk full.
    """
    layouts = read_layouts(spec, workspace.contracts)
    with whole_directory(workspace.raw) as directory:
        retrying = Retrying(
            retry=retry_if_exception_type(UnreachableError),
            stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(LIMIT),
            wait=wait_exponential(multiplier=0.25, max=2),  # 0.25 + 0.5 + 1 seconds
            before_sleep=lambda state: progress.say(f"connection failed, attempt {state.attempt_number + 1}"),
            reraise=True,
        )
        retrying(_extract_once, spec, layouts, workspace, directory, progress)


def _extract_once(
    spec: SourceSpec, layouts: Layouts, workspace: Workspace, directory: Path, progress: Progress
) -> None:
    for left in directory.iterdir():
        left.unlink()
    with (
        open_source(spec.url, workspace.root) as source,
        duck.faults_of(str(workspace.raw)),
    ):
        check_date_formats(spec)
        check_declared(source, spec, layouts)
        with malformed_cells(directory / f"{MALFORMED}.parquet") as malformed:
            extraction = _Extraction(source, workspace.scratch, spec.as_of, directory, malformed)
            faults = _write_tables(extraction, spec, layouts, progress)
        if faults:
            raise LockstepError(f"{source.shown}: tables without rows to read", faults)
    files = {name: describe(directory / f"{name}.parquet", layout.time) for name, layout in layouts.items()}
    files[MALFORMED] = describe(directory / f"{MALFORMED}.parquet")
    Manifest(as_of=spec.as_of, tables=files).write(directory)


def _sorter(scratch: Path, columns: int) -> "duckdb.DuckDBPyConnection":
    """Open DuckDB for one stream of rows: more threads would need more memory and have nothing to do."""
    connection = duck.connect(scratch, f"{max(MEMORY, MEMORY_PER_COLUMN * columns)}MB")
    [[threads]] = connection.execute("SELECT current_setting('threads')").fetchall()
    connection.execute(f"SET threads = {min(threads, THREADS)}")
    return connection


class _Extraction:
    """Extracts one table after the other from an open source."""

    def __init__(
        self,
        source: Source,
        scratch: Path,
        as_of: datetime | None,
        directory: Path,
        malformed: MalformedCells,
    ) -> None:
        self._source, self._scratch, self._as_of = source, scratch, as_of
        self._directory, self._malformed = directory, malformed

    def write(self, name: str, table: TableSpec, layout: Layout, progress: Progress) -> int:
        """Write one table and return its rows."""
        try:
            return self._write(name, table, layout, progress, fast=True)
        except MisfitsError:
            return self._write(name, table, layout, progress, fast=False)

    def _write(self, name: str, table: TableSpec, layout: Layout, progress: Progress, *, fast: bool) -> int:
        before = self._as_of if table.time else None
        stream = self._source.read(name, table, layout.columns, before, fast=fast)
        with progress.bar(name, None) as advance, _sorter(self._scratch, len(layout.columns)) as connection:
            return write_sorted(
                connection,
                stream,
                layout,
                self._directory / f"{name}.parquet",
                before=before,
                report=lambda first, texts: self._malformed.add(name, layout.columns, first, texts),
                advance=advance,
            )

    def why_empty(self, name: str, table: TableSpec, layout: Layout) -> str:
        """Return why a table has no rows."""
        rows, first = 0, None
        if table.time is not None:
            stream = self._source.read(name, table, layout.columns, None)
            time = duck.quoted(str(layout.place(table.time)))
            query = f"SELECT count(*) AS n, min({time}) AS first FROM ({conforming(stream, layout.columns, RELATION)})"  # noqa: S608
            with _sorter(self._scratch, len(layout.columns)) as connection, serving(connection, stream):
                rows, first = connection.sql(query).fetchall()[0]
        if not rows:
            return f"table {name}: empty"
        return f"table {name}: the first {table.time} is {first}, not before source.as_of {self._as_of}"


def _write_tables(extraction: _Extraction, spec: SourceSpec, layouts: Layouts, progress: Progress) -> list[str]:
    faults = []
    for name, layout in layouts.items():
        rows = extraction.write(name, spec.tables[name], layout, progress)
        if rows:
            progress.say(f"{name}: {rows:,} rows")
        else:
            faults.append(extraction.why_empty(name, spec.tables[name], layout))
    return faults
