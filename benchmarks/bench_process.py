"""The `process` stage on one event table against the same work with pandera and pandas on one frame.

    python benchmarks/bench_process.py [rows]

Both check the contract, set aside duplicates and orphans, write kept rows and rejects, and describe
every column. Each runs in a process of its own, so that its peak memory is its own.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lockstep.core.manifest import Manifest, describe
from lockstep.core.workspace import Workspace
from lockstep.tables import malformed

ROWS = 3_000_000
CHUNK = 1_000_000
PEOPLE = "columns: {customer: {dtype: int64}}\n"
ORDERS = """columns:
  id: {dtype: int64, unique: true, greater_than_or_equal_to: 0}
  customer: {dtype: int64}
  at: {dtype: "datetime64[ns]", greater_than: "2000-01-01 00:00:00"}
  amount: {dtype: float64, nullable: true, in_range: {min_value: 0, max_value: 1000}}
  category: {dtype: str, isin: [home, fashion, books, toys], str_matches: "^[a-z]+$"}
"""


def make(root: Path, rows: int) -> None:
    """Write raw tables of which one row in a thousand breaks each rule."""
    workspace, rng, people = Workspace(root), np.random.default_rng(7), max(rows // 50, 1)
    workspace.raw.mkdir(parents=True)
    workspace.contracts.mkdir()
    (workspace.contracts / "people.yaml").write_text(PEOPLE)
    (workspace.contracts / "orders.yaml").write_text(ORDERS)
    pq.write_table(pa.table({"customer": np.arange(people)}), workspace.raw / "people.parquet")
    pq.write_table(malformed.SCHEMA.empty_table(), workspace.raw / f"{malformed.NAME}.parquet")
    names = pa.array(["home", "fashion", "books", "toys", "?"])
    with pq.ParquetWriter(workspace.raw / "orders.parquet", chunk(rng, 0, 1, people, names).schema) as writer:
        for first in range(0, rows, CHUNK):
            writer.write_table(chunk(rng, first, min(CHUNK, rows - first), people, names))
    listed = ("people", "orders", malformed.NAME)
    entries = {name: describe(workspace.raw / f"{name}.parquet") for name in listed}
    Manifest(as_of=None, tables=entries).write(workspace.raw)


def chunk(rng: np.random.Generator, first: int, rows: int, people: int, names: pa.Array) -> pa.Table:
    """Return the next orders."""
    number = first + np.arange(rows)
    return pa.table(
        {
            "id": number - (number % 1000 == 1),
            "customer": rng.integers(0, int(people * 1.001) + 1, rows),
            "at": pa.array(1_700_000_000_000_000 + number, pa.timestamp("us")),
            "amount": rng.gamma(2.0, 50.0, rows) - 2000.0 * (number % 1000 == 2),
            "category": names.take(pa.array(np.where(number % 1000 == 3, 4, number % 4))),
        }
    )


def ours(root: Path) -> None:
    """Run the whole stage."""
    from lockstep.core.progress import Progress
    from lockstep.pipeline.process import stage as process

    event = {"kind": "event", "key": "id", "entity": "customer", "time": "at"}
    tables = {"people": {"kind": "entity", "key": "customer"}, "orders": event}
    inputs = process.Inputs.model_validate({"source.tables": tables, "process": {"max_reject_share": 0.5}})
    process.run(inputs, Workspace(root), Progress("bench"))


def pandas(root: Path) -> None:
    """Do the same on one frame with pandera and pandas, as a notebook would."""
    from pandera.errors import SchemaErrors
    from pandera.io.pandas_io import from_yaml

    workspace = Workspace(root)
    frame = pq.read_table(workspace.raw / "orders.parquet").to_pandas().astype({"at": "datetime64[ns]"})
    people = pq.read_table(workspace.raw / "people.parquet").to_pandas()
    try:
        from_yaml(workspace.contracts / "orders.yaml").validate(frame, lazy=True)
    except SchemaErrors as errors:
        errors.failure_cases.astype({"failure_case": str}).to_parquet(root / "rejects.parquet")
        unique = errors.failure_cases["check"] == "field_uniqueness"
        frame = frame.drop(index=errors.failure_cases.loc[~unique, "index"].unique())
    frame = frame[frame["customer"].isin(people["customer"])].drop_duplicates("id")
    frame.to_parquet(root / "kept.parquet", compression="zstd")
    for name, column in frame.items():
        column.isna().sum(), column.nunique(), column.min(), column.max()
        if name == "amount":
            column.mean(), column.std(), column.quantile([0.25, 0.75])
    frame["category"].value_counts()


def measure(work: Callable[[Path], None], root: Path) -> tuple[float, float]:
    """Return seconds and peak GB of `work` in a new process, imports included."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    start = time.perf_counter()
    child = multiprocessing.get_context("spawn").Process(target=_run, args=(work, root, sender))
    child.start()
    peak = receiver.recv()
    child.join()
    return time.perf_counter() - start, peak


def _run(work: Callable[[Path], None], root: Path, sender: "multiprocessing.connection.Connection") -> None:
    work(root)
    sender.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)


def main() -> None:
    """Print rows per second, peak memory and the ratio."""
    rows = int(float(sys.argv[1])) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), rows)
        found = {work.__name__: measure(work, Path(folder)) for work in (ours, pandas)}
    for name, (elapsed, peak) in found.items():
        print(f"{name:>8}: {elapsed:6.1f} s  {rows / elapsed / 1e6:5.2f} M rows/s  peak {peak:4.1f} GB")
    print(
        f"pandas / ours: {found['pandas'][0] / found['ours'][0]:.1f} times the time, "
        f"{found['pandas'][1] / found['ours'][1]:.1f} times the memory, for {rows:,} rows"
    )


if __name__ == "__main__":
    main()
