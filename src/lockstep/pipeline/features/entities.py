"""Features of a few entities, or of a few rows of a flat table, from the processed tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.artifacts.definition import Definition, TableColumns
from lockstep.core.duck import connect, faults_of
from lockstep.core.errors import LockstepError, shorten
from lockstep.core.manifest import Manifest
from lockstep.params.pipeline.source import TableSpec
from lockstep.pipeline.features.build import Tables, build
from lockstep.pipeline.features.execution import keep
from lockstep.pipeline.features.flat import build_flat
from lockstep.pipeline.features.tables import Source, inside, open_tables, relations

if TYPE_CHECKING:
    import duckdb
    import ibis.expr.types as ir
    import pandas as pd
    import pyarrow as pa
    from ibis.backends.duckdb import Backend


@contextmanager
def open_processed(definition: Definition, directory: Path, scratch: Path) -> Iterator[ProcessedTables]:
    """Yield the tables of a processed directory as a source of features; their digests are checked once.

    Args:
        definition: what is computed.
        directory: `Workspace.processed`.
        scratch: `Workspace.scratch`.

    Raises:
        LockstepError: a file is missing or damaged, or a column is missing or of another type.
    """
    import ibis

    specs = {name: _spec(table) for name, table in definition.tables.items()}
    with closing(connect(scratch)) as connection:
        sources = open_tables(ibis.duckdb.from_connection(connection), directory, specs, specs)
        faults = [fault for name, source in sources.items() for fault in _other_types(definition, name, source)]
        if faults:
            raise LockstepError(f"{directory}: the columns differ from those of the feature definition", faults)
        manifest = Manifest.read(directory)
        paths = {name: directory / manifest.tables[name].file for name in specs}
        yield ProcessedTables(definition, connection, paths, manifest.as_of)


@dataclass(frozen=True)
class ProcessedTables:
    """Open tables; see `artifacts.scorer.FeatureSource`. Safe to use from several threads."""

    definition: Definition
    connection: duckdb.DuckDBPyConnection
    paths: Mapping[str, Path]
    """Table -> its Parquet file."""
    as_of: datetime | None
    """The tables hold all events before this instant."""

    def features(self, entities: Sequence[object], at: datetime | None) -> pd.DataFrame:
        """Return `entity` and the features of the entities that are known at an instant, in any order.

        Only rows of these entities are decoded; of other rows, the engine reads only the key.

        Args:
            entities: keys, of the key column's type.
            at: the cutoff: events strictly before it count; None for a flat table, which has none.

        Raises:
            LockstepError: a key is of another type, or `at` is after `as_of`.
        """
        import ibis

        self._check_instant(at)
        keys = self._keys(entities)
        with closing(self.connection.cursor()) as cursor:  # what a build keeps ends with its cursor
            backend = ibis.duckdb.from_connection(cursor)
            cursor.register("keys given", keys)
            asked = keep(backend, backend.table("keys given"))
            rows = keep(backend, self._rows(backend, asked, at))
            names = {inside(feature.name): feature.name for feature in self.definition.features}
            with faults_of("features"):
                found: pd.DataFrame = cursor.table(rows.get_name()).to_arrow_table().to_pandas()
            return found[["entity", *names]].rename(columns=names)

    def _rows(self, backend: Backend, entities: ir.Table, at: datetime | None) -> ir.Table:
        specs = {name: _spec(table) for name, table in self.definition.tables.items()}
        sources = relations(backend, self.paths, specs)
        events = {name: source for name, source in sources.items() if source.spec.kind == "event"}
        owner = next((source for source in sources.values() if source.spec.kind != "event"), None)
        if owner and owner.spec.kind == "flat":
            return build_flat(self.definition, owner.only(entities).rows)
        return build(backend, self.definition, Tables(owner, events), [at] if at else [], entities=entities)

    def _check_instant(self, at: datetime | None) -> None:
        flat = any(table.kind == "flat" for table in self.definition.tables.values())
        if flat != (at is None):
            raise LockstepError(f"at: {'a flat table has no cutoff' if flat else 'missing; events need a cutoff'}")
        if at is not None and self.as_of is not None and at > self.as_of:
            raise LockstepError(f"at: {at} is after source.as_of = {self.as_of}; expected a cutoff up to it")

    def _keys(self, entities: Sequence[object]) -> pa.Table:
        """Return one column, `entity`; numbers and texts are not converted into each other."""
        import ibis
        import pyarrow as pa

        table = next(iter(self.definition.tables.values()))
        key = table.columns[table.entity]
        try:
            keys = pa.array(entities, ibis.dtype(key).to_pyarrow())
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            keys = pa.array([])
        if keys.to_pylist() != list(entities):
            raise LockstepError(f"entity: expected keys of type {key}; got {shorten(repr(list(entities)), 80)}")
        return pa.table({"entity": keys})


def _spec(table: TableColumns) -> TableSpec:
    role = "entity" if table.kind == "event" else "key"
    return TableSpec.model_validate({"kind": table.kind, role: table.entity, "time": table.time})


def _other_types(definition: Definition, name: str, source: Source) -> Iterator[str]:
    for column, wanted in definition.tables[name].columns.items():
        if (found := source.types.get(column)) != wanted:
            yield f"{name}.{column}: expected {wanted}; {f'it is {found}' if found else 'there is no such column'}"
