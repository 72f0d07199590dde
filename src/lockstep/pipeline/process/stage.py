"""Stage `process`: rows of data/raw that fulfil their contract go to data/processed, the others to rejects."""

from contextlib import closing
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection
from pydantic import Field

from lockstep.core.duck import connect, faults_of
from lockstep.core.errors import LockstepError
from lockstep.core.files import dump_json, whole_directory
from lockstep.core.manifest import Manifest, describe
from lockstep.core.progress import Progress
from lockstep.core.spec import Name, Spec
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.process import ProcessSpec
from lockstep.params.pipeline.source import TableSpec
from lockstep.pipeline.process.checks import load_contract
from lockstep.pipeline.process.clean import Outcome, screen
from lockstep.pipeline.process.processed import write_kept, write_rejects
from lockstep.pipeline.process.quality import NAME, table_quality
from lockstep.pipeline.process.table import RawTable
from lockstep.tables.contract import contract_path
from lockstep.tables.malformed import NAME as MALFORMED

MEMORY = "1GB"  # of DuckDB; Python and Arrow need about 0.3 GB more


class Inputs(Spec):
    """The sections that decide which rows are kept: neither the source's URL nor as_of."""

    tables: dict[Name, TableSpec] = Field(alias="source.tables")
    process: ProcessSpec


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Check every table, then write the kept rows, the rejects and the quality report.

    Raises:
        LockstepError: a damaged input, a faulty contract, or tables that cannot be used, all in one message.
    """
    manifest = Manifest.read(workspace.raw)
    tables = read_tables(inputs.tables, manifest, workspace)
    malformed = manifest.path(workspace.raw, MALFORMED)
    with closing(connect(workspace.scratch, MEMORY)) as db, faults_of("process"):
        outcomes = screen(db, tables, malformed, inputs.process.max_reject_share, progress.bar)
        with whole_directory(workspace.processed) as partial:
            (partial / "rejects").mkdir()
            quality = {table.name: write_table(db, table, outcomes[table.name], partial, progress) for table in tables}
            (partial / NAME).write_text(dump_json(quality), encoding="utf-8")
            entries = {table.name: describe(partial / f"{table.name}.parquet", table.spec.time) for table in tables}
            Manifest(as_of=manifest.as_of, tables=entries).write(partial)


def write_table(
    db: DuckDBPyConnection, table: RawTable, outcome: Outcome, directory: Path, progress: Progress
) -> dict[str, Any]:
    """Write the kept and the rejected rows of a table, and return its part of the quality report."""
    kept = directory / f"{table.name}.parquet"
    with progress.bar(f"writing {table.name}", table.rows) as advance:
        write_kept(db, table, kept, advance)
    write_rejects(db, table, directory / "rejects" / f"{table.name}.parquet")
    with progress.bar(f"describing {table.name}", len(table.names)) as advance:
        quality = table_quality(db, table, outcome, kept, advance)
    progress.say(summary(table.name, outcome))
    return quality


def read_tables(specs: dict[str, TableSpec], manifest: Manifest, workspace: Workspace) -> list[RawTable]:
    """Return the tables of params.yaml, digests checked and contracts loaded.

    Raises:
        LockstepError: with the faults of all contracts.
    """
    tables, faults = [], []
    for name, spec in specs.items():
        path = manifest.path(workspace.raw, name)
        entry = manifest.tables[name]
        try:
            contract = load_contract(contract_path(workspace.contracts, name))
        except LockstepError as error:
            faults.append(error)
        else:
            tables.append(RawTable(name, spec, contract, path, entry.columns, entry.rows))
    if len(faults) > 1:
        lines = [line for fault in faults for line in (fault.what, *fault.details)]
        raise LockstepError(f"{workspace.contracts}: {len(faults)} contracts cannot be used", lines)
    if faults:
        raise faults[0]
    return tables


def summary(table: str, outcome: Outcome) -> str:
    """Return one line for the log."""
    most = "; ".join(f"{reason.column} {reason.check} {reason.rows:,}" for reason in outcome.reasons[:3])
    kept = outcome.rows - outcome.rejected
    return f"{table}: {kept:,} rows kept, {outcome.rejected:,} rejected" + (f" ({most})" if most else "")
