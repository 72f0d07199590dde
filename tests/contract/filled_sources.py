"""The same tables put into every kind of source, so that one suite can ask them all the same."""

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
import yaml

from lockstep.core.manifest import Manifest
from lockstep.core.progress import Progress
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.source import SourceSpec
from lockstep.pipeline.ingest.extract import extract
from lockstep.pipeline.ingest.sources import arrow_driver

KINDS = ("sqlite", "sqlite_cursor", "postgres", "postgres_cursor", "csv", "parquet")
SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432"

TYPES: dict[str, tuple[Any, pa.DataType, str]] = {  # as declared in SQL, in Parquet, in the contract
    "int": (sa.BigInteger, pa.int64(), "int64"),
    "float": (sa.Double, pa.float64(), "float64"),
    "text": (sa.Text, pa.string(), "str"),
    "bool": (sa.Boolean, pa.bool_(), "bool"),
    "time": (sa.DateTime, pa.timestamp("us"), "datetime64[us]"),
}


@dataclass
class Table:
    """Rows as Python values, and what the columns are."""

    columns: dict[str, str]
    rows: list[tuple[Any, ...]]
    spec: dict[str, Any] = field(default_factory=lambda: {"kind": "event", "key": "id", "entity": "id", "time": "at"})
    contract: dict[str, Any] | None = None


@contextmanager
def postgres_database() -> Iterator[str]:
    """A database of its own, dropped afterwards."""
    name = f"lockstep_ingest_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    server = sa.create_engine(f"{SERVER}/postgres", isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    try:
        connection = server.connect()
    except sa.exc.OperationalError:
        pytest.skip("no PostgreSQL answers on 127.0.0.1:5432")
    with connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield f"{SERVER}/{name}"
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def source(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Filled"]:
    """Open an empty source of a kind; `_cursor`: as it is without the Arrow driver."""
    if kind.endswith("_cursor"):
        monkeypatch.setattr(arrow_driver, "driver", lambda _dialect: None)
    backend = kind.partition("_")[0]
    if backend == "postgres":
        with postgres_database() as url:
            yield Filled(url, Workspace(tmp_path))
    elif backend == "sqlite":
        yield Filled(f"sqlite:///{tmp_path}/it's a shop.db", Workspace(tmp_path))
    else:
        (tmp_path / "tables").mkdir()
        yield Filled("tables", Workspace(tmp_path), suffix=backend)


@dataclass
class Filled:
    """A source and the workspace it is read into."""

    url: str
    workspace: Workspace
    suffix: str | None = None

    def put(self, tables: dict[str, Table]) -> None:
        """Write the tables and their contracts."""
        for name, table in tables.items():
            self._fill(table.spec.get("table", name), table)
            types = table.contract or {column: TYPES[kind][2] for column, kind in table.columns.items()}
            document = {"columns": {column: {"dtype": dtype, "nullable": True} for column, dtype in types.items()}}
            self.workspace.contracts.mkdir(exist_ok=True)
            text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
            (self.workspace.contracts / f"{name}.yaml").write_text(text, encoding="utf-8")

    def ingest(self, tables: dict[str, Table], as_of: Any = "2030-01-01", progress: Progress | None = None) -> Manifest:
        """Run the extraction and return what it says it wrote."""
        specs = {name: table.spec for name, table in tables.items()}
        spec = SourceSpec.model_validate({"url": self.url, "as_of": as_of, "tables": specs})
        extract(spec, self.workspace, progress or Progress("test"))
        return Manifest.read(self.workspace.raw)

    def raw(self, name: str) -> pa.Table:
        """Return a raw table, its digest checked."""
        return pq.read_table(Manifest.read(self.workspace.raw).path(self.workspace.raw, name))

    def malformed(self) -> list[tuple[Any, ...]]:
        """Return table, row, column and value of the malformed cells."""
        return [tuple(row.values()) for row in self.raw("malformed").to_pylist()]

    def _fill(self, name: str, table: Table) -> None:
        if self.suffix == "csv":
            self._write_csv(self.workspace.root / "tables" / f"{name}.csv", table)
        elif self.suffix == "parquet":
            schema = pa.schema([(column, TYPES[kind][1]) for column, kind in table.columns.items()])
            arrays = zip(*table.rows, strict=True) if table.rows else [[] for _ in schema]
            columns = [pa.array(values, field.type) for values, field in zip(arrays, schema, strict=True)]
            pq.write_table(pa.table(columns, schema), self.workspace.root / "tables" / f"{name}.parquet")
        else:
            self._insert(name, table)

    def _insert(self, name: str, table: Table) -> None:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        columns = [sa.Column(column, TYPES[kind][0]) for column, kind in table.columns.items()]
        definition = sa.Table(name, sa.MetaData(), *columns)
        definition.create(engine)
        if table.rows:
            with engine.begin() as connection:
                connection.execute(
                    definition.insert(), [dict(zip(table.columns, row, strict=True)) for row in table.rows]
                )

    def _write_csv(self, path: Path, table: Table) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(table.columns)
            writer.writerows([_as_text(cell) for cell in row] for row in table.rows)


def _as_text(cell: Any) -> str:
    if cell is None:
        return ""
    return cell.isoformat(" ") if isinstance(cell, datetime) else str(cell)
