"""Draft contracts from the tables of the source."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockstep.core import duck
from lockstep.core.errors import LockstepError, closest
from lockstep.core.files import whole_file
from lockstep.core.progress import Advance, Progress
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.source import SourceSpec, TableSpec
from lockstep.pipeline.ingest.casting import conforming
from lockstep.pipeline.ingest.sorting import RELATION, serving
from lockstep.pipeline.ingest.source_contract import check_date_formats
from lockstep.pipeline.ingest.sources.base import MISFITS, Declared, Kind, Source, Stream
from lockstep.pipeline.ingest.sources.opening import open_source
from lockstep.tables.contract import Column, Type, contract_path
from lockstep.workbench.contracts.draft import DIRT, MOST_CATEGORIES, ColumnFacts, TableFacts, draft

if TYPE_CHECKING:
    import duckdb

STAGED = "staged"

# Declared kind -> candidate types; the first that fits (nearly) all cells is taken.
CANDIDATES: dict[Kind, tuple[Type, ...]] = {
    "int": ("int64", "float64", "string"),
    "float": ("float64", "string"),
    "decimal": ("int64", "float64", "string"),
    "bool": ("bool", "int64", "string"),
    "datetime": ("datetime", "string"),
    "date": ("datetime", "string"),
    "text": ("string",),
    "any": ("int64", "float64", "datetime", "bool", "string"),
}


def infer(
    spec: SourceSpec, workspace: Workspace, progress: Progress, tables: tuple[str, ...] = (), *, force: bool = False
) -> list[Path]:
    """Write a draft contract per table and return the paths.

    Every row before `as_of` is read, so that the same data gives the same draft.

    Args:
        spec: the source.
        workspace: where contracts/ is.
        progress: reports each table.
        tables: which ones; all of params.yaml by default.
        force: overwrite existing contracts.

    Raises:
        LockstepError: a contract exists, a table does not, or has no rows.
    """
    chosen = tables or tuple(spec.tables)
    _check_names(spec, workspace, chosen, force)
    drafts = {}
    with open_source(spec.url, workspace.root) as source, duck.connect(workspace.scratch) as connection:
        check_date_formats(spec)
        for name in chosen:
            with progress.bar(name, None) as advance, duck.faults_of(f"table {name}"):
                drafts[name] = draft(_look(source, connection, spec, name, advance))
    for name, text in drafts.items():
        with whole_file(contract_path(workspace.contracts, name)) as partial:
            partial.write_text(text, encoding="utf-8")
    return [contract_path(workspace.contracts, name) for name in drafts]


def _check_names(spec: SourceSpec, workspace: Workspace, chosen: tuple[str, ...], force: bool) -> None:
    unknown = [f"{name!r}{closest(name, spec.tables)}" for name in chosen if name not in spec.tables]
    if unknown:
        raise LockstepError(f"{workspace.params}: no such table in source.tables", unknown)
    present = [str(path) for name in chosen if (path := contract_path(workspace.contracts, name)).exists()]
    if present and not force:
        raise LockstepError("contracts exist already; --force overwrites them", present)


def _look(
    source: Source, connection: "duckdb.DuckDBPyConnection", spec: SourceSpec, name: str, advance: Advance
) -> TableFacts:
    table = spec.tables[name]
    declared = source.declared(name, table)
    unknown = [f"{role}: {column!r}{closest(column, declared)}" for role in ("key", "entity", "time")
               if (column := getattr(table, role)) is not None and column not in declared]  # fmt: skip
    if unknown:
        raise LockstepError(f"source.tables.{name}: no such column in {source.shown}", unknown)
    columns = tuple(Column(column, "string", True) for column, found in declared.items() if found.kind in CANDIDATES)
    stream = source.read(name, table, columns, spec.as_of if table.time else None)
    with serving(connection, stream, advance):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {STAGED} AS SELECT * FROM {RELATION}")  # noqa: S608 # constants
    look = _Look(connection, stream, columns)
    if table.time is not None and spec.as_of is not None:
        look.keep_before(table.time, spec.as_of)
    rows = look.rows()
    if rows == 0:
        raise LockstepError(f"table {name}: no rows before source.as_of" if table.time else f"table {name}: empty")
    facts = tuple(look.column(column, _candidates(declared[column.name], column.name, table)) for column in columns)
    left_out = tuple(column for column, found in declared.items() if found.kind not in CANDIDATES)
    return TableFacts(name, rows, table.key, facts, left_out)


def _candidates(declared: Declared, column: str, table: TableSpec) -> tuple[Type, ...]:
    if column == table.time:
        return ("datetime",)
    return CANDIDATES[declared.hint or declared.kind]


class _Look:
    """Queries of the staged table."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", stream: Stream, columns: tuple[Column, ...]) -> None:
        self._connection, self._stream, self._columns = connection, stream, columns

    def rows(self) -> int:
        """Return the number of rows."""
        return int(self._ask(STAGED, "count(*)")[0])

    def keep_before(self, time: str, instant: datetime) -> None:
        """Drop the rows at or after an instant."""
        place = [column.name for column in self._columns].index(time)
        early = f"coalesce({duck.quoted(str(place))} < TIMESTAMP '{instant.isoformat(' ')}', true)"
        columns = ", ".join(duck.quoted(name) for name in self._stream.schema.names)
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE kept AS SELECT {columns} FROM {STAGED}"  # noqa: S608 # names are positions
            f" POSITIONAL JOIN (SELECT {early} AS early FROM ({self._read(place, 'datetime')})) WHERE early"
        )
        self._connection.execute(f"DROP TABLE {STAGED}")
        self._connection.execute(f"ALTER TABLE kept RENAME TO {STAGED}")

    def column(self, column: Column, candidates: tuple[Type, ...]) -> ColumnFacts:
        """Return facts of a column, read as the first type that fits nearly all its cells."""
        place = self._columns.index(column)
        value, text = duck.quoted(str(place)), f"{MISFITS}[{place + 1}]"
        for kind in candidates:
            conformed = f"({self._read(place, kind)})"
            rows, given, faulty = self._ask(conformed, "count(*)", f"count({value})", f"count({text})")
            if kind == candidates[-1] or self._is(kind, place, given, faulty):
                break
        [negative] = self._ask(conformed, f"count_if({value} < 0)") if kind in ("int64", "float64") else [0]
        [distinct] = self._ask(conformed, f"count(DISTINCT {value})")
        categories: list[str] = []
        if kind == "string" and distinct <= MOST_CATEGORIES:
            [categories] = self._ask(conformed, f"list_sort(list(DISTINCT {value}))")
        missing = rows - given - faulty
        return ColumnFacts(column.name, kind, rows, missing, faulty, negative, distinct, tuple(categories or ()))

    def _ask(self, relation: str, *aggregates: str) -> tuple[Any, ...]:
        query = f"SELECT {', '.join(aggregates)} FROM {relation}"  # noqa: S608 # names are positions
        return tuple(self._connection.sql(query).fetchall()[0])

    def _read(self, place: int, kind: Type) -> str:
        """Return the SQL of the staged rows with one column read as a type, the others as text."""
        columns = (Column(one.name, kind if at == place else "string", True) for at, one in enumerate(self._columns))
        return conforming(self._stream, tuple(columns), STAGED)

    def _is(self, kind: Type, place: int, given: int, faulty: int) -> bool:
        if given == 0 or faulty > DIRT * (given + faulty):
            return False  # no evidence: text, the last candidate, can hold anything
        text = f"lower(trim(CAST({duck.quoted(str(place))} AS VARCHAR)))"
        if kind == "bool":  # yes and no are more often two of three categories
            return self._ask(STAGED, f"count_if({text} IN ('yes', 'no'))") == (0,)
        # 00123 is a code, not a number.
        return kind == "datetime" or self._ask(STAGED, f"count_if(regexp_matches({text}, '^0[0-9]'))") == (0,)
