"""The processed tables as relations, read with their digests checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.artifacts.definition import ColumnKind, column_kind
from lockstep.core.duck import faults_of
from lockstep.core.errors import LockstepError
from lockstep.core.manifest import Manifest
from lockstep.params.pipeline.source import TableSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend


def inside(name: str) -> str:
    """Return the name of a user's column within a query, which cannot collide with the query's own names."""
    return f".{name}"


@dataclass(frozen=True)
class Source:
    """One processed table: the roles of its columns, and the relation that reads them."""

    spec: TableSpec
    relation: ir.Table

    @property
    def owner(self) -> str:
        """The column that holds the key of the entity."""
        return str(self.spec.entity if self.spec.kind == "event" else self.spec.key)

    @property
    def types(self) -> dict[str, str]:
        """Every column with its type, in Ibis's spelling."""
        return {name: str(dtype).removeprefix("!") for name, dtype in self.relation.schema().items()}

    @property
    def kinds(self) -> dict[str, ColumnKind | None]:
        """Every column with its kind."""
        return {name: column_kind(dtype) for name, dtype in self.types.items()}

    def only(self, keys: ir.Table) -> Source:
        """Return the table with the rows of these entities alone; the engine skips the others while it reads.

        Args:
            keys: one column, `entity`.
        """
        return replace(self, relation=self.relation.semi_join(keys, [self.relation[self.owner] == keys["entity"]]))

    @property
    def rows(self) -> ir.Table:
        """`entity`, `time` (where the table has one), and every column under its `inside` name; NaN is null."""
        columns = {inside(name): _without_nan(self.relation[name]) for name in self.relation.columns}
        time = {"time": self.relation[self.spec.time]} if self.spec.time else {}
        return self.relation.select(entity=self.relation[self.owner], **time, **columns)


def open_tables(
    backend: Backend, directory: Path, specs: Mapping[str, TableSpec], names: Iterable[str]
) -> dict[str, Source]:
    """Return the tables `names` of a processed directory.

    Raises:
        LockstepError: a file is missing or damaged, or a column of `specs` is missing.
    """
    manifest = Manifest.read(directory)
    sources = relations(backend, {name: manifest.path(directory, name) for name in names}, specs)
    faults = [fault for name, source in sources.items() for fault in _faults(name, source)]
    owners = {str(s.relation[s.owner].type()): name for name, s in sources.items() if not faults}
    if len(owners) > 1:
        faults = [f"{name}: the key of the entity is of type {type_}" for type_, name in owners.items()]
    if faults:
        raise LockstepError(f"{directory}: the tables do not fit section source of params.yaml", faults)
    return sources


def relations(backend: Backend, paths: Mapping[str, Path], specs: Mapping[str, TableSpec]) -> dict[str, Source]:
    """Return tables by their Parquet files, whose digests were checked before."""
    sources = {}
    for number, (name, path) in enumerate(paths.items()):
        with faults_of(str(path)):
            # Without can_have_nan, DuckDB infers from the bounds of a column, which exclude NaN, that it has none.
            relation = backend.read_parquet(path, table_name=f"source_{number}", can_have_nan=True)
            sources[name] = Source(specs[name], relation)
    return sources


def _faults(name: str, source: Source) -> Iterable[str]:
    spec, schema = source.spec, source.types
    for role in ("key", "entity", "time"):
        column = getattr(spec, role)
        if column is not None and column not in schema:
            yield f"source.tables.{name}.{role}: the table has no column {column!r}"
        elif role == "time" and column is not None and column_kind(schema[column]) != "time":
            yield f"source.tables.{name}.time: expected a time, {column!r} is {schema[column]}"


def _without_nan(column: ir.Column) -> ir.Column:
    return column.isnan().ifelse(None, column) if column.type().is_floating() else column
