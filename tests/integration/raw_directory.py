"""Raw directories made by hand, as `ingest` would have left them."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from lockstep.core.manifest import Manifest, describe
from lockstep.core.progress import Progress
from lockstep.core.workspace import Workspace
from lockstep.pipeline.process import stage as process
from lockstep.tables import malformed

Cell = tuple[str, int, str, str]
"""Table, row, column, text."""


def write_raw(root: Path, tables: dict[str, pa.Table], cells: list[Cell] | None = None) -> Workspace:
    """Write `data/raw` with the tables and the malformed cells."""
    workspace = Workspace(root)
    workspace.raw.mkdir(parents=True, exist_ok=True)
    rows = [dict(zip(malformed.SCHEMA.names, cell, strict=True)) for cell in cells or []]
    listed = {**tables, malformed.NAME: pa.Table.from_pylist(rows, malformed.SCHEMA)}
    for name, table in listed.items():
        pq.write_table(table, workspace.raw / f"{name}.parquet")
    entries = {name: describe(workspace.raw / f"{name}.parquet") for name in listed}
    Manifest(as_of=None, tables=entries).write(workspace.raw)
    return workspace


def write_contract(root: Path, table: str, columns: dict[str, Any], **rest: Any) -> Path:
    """Write `contracts/<table>.yaml` in pandera's format."""
    path = Workspace(root).contracts / f"{table}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"schema_type": "dataframe", "columns": columns, **rest}
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def run_process(workspace: Workspace, tables: dict[str, dict[str, Any]], limit: float = 1.0) -> None:
    """Run the stage."""
    inputs = process.Inputs.model_validate({"source.tables": tables, "process": {"max_reject_share": limit}})
    process.run(inputs, workspace, Progress("process"))


def kept(workspace: Workspace, table: str) -> pa.Table:
    """Return the rows that stayed."""
    return pq.read_table(workspace.processed / f"{table}.parquet")


def rejects(workspace: Workspace, table: str) -> list[tuple[Any, ...]]:
    """Return key, column, check, value, row of each breach."""
    found = pq.read_table(workspace.processed / "rejects" / f"{table}.parquet").to_pylist()
    assert {row["table"] for row in found} <= {table}
    return [tuple(row[name] for name in ("key", "column", "check", "value", "row")) for row in found]


def contents(directory: Path) -> dict[str, bytes]:
    """Return every file below the directory."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob("*.*"))}
