"""Ingest against `pandas.read_sql` to Parquet, from SQLite and PostgreSQL, each in a process of its own.

Prints rows/s, the ratio, and the peak memory at two sizes: Lockstep's does not grow with the table.
Lockstep also sorts, checks every cell and leaves out what is at or after as_of; pandas does none of it.

    python benchmarks/bench_ingest.py [rows] [postgresql URL or `none`]
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

ROWS = 2_000_000
REPEATS = 2  # the better one counts, for both
SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
TABLE = "lockstep_bench_orders"
COLUMNS = "order_id, customer_id, ordered_at, amount, discount, category, channel"
CONTRACT = """columns:
  order_id: {dtype: int64}
  customer_id: {dtype: int64}
  ordered_at: {dtype: 'datetime64[us]'}
  amount: {dtype: float64}
  discount: {dtype: float64, nullable: true}
  category: {dtype: str}
  channel: {dtype: str}
"""

PANDAS = f"""
import pandas as pd, psycopg, sqlalchemy as sa
query = sa.text("SELECT {COLUMNS} FROM {TABLE}")
begun = time.perf_counter()
pd.read_sql(query, sa.create_engine(url), parse_dates=["ordered_at"]).to_parquet(folder + "/pandas.parquet")
"""

LOCKSTEP = f"""
from pathlib import Path
from lockstep.pipeline.ingest.extract import extract
from lockstep.params.pipeline.source import SourceSpec
from lockstep.core.progress import Progress
from lockstep.core.workspace import Workspace
from lockstep.pipeline.ingest.sources import arrow_driver, database
arrow_driver.driver("sqlite"), arrow_driver.driver("postgresql")
import duckdb, psycopg
orders = dict(kind="event", key="order_id", entity="customer_id", time="ordered_at", table="{TABLE}")
spec = SourceSpec.model_validate(dict(url=url, as_of="2100-01-01", tables=dict(orders=orders)))
begun = time.perf_counter()
extract(spec, Workspace(Path(folder)), Progress("ingest"))
"""


def main() -> None:
    """Fill, measure, print, drop."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    server = sys.argv[2] if len(sys.argv) > 2 else SERVER
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "contracts").mkdir()
        (Path(folder) / "contracts" / "orders.yaml").write_text(CONTRACT, encoding="utf-8")
        urls = {"SQLite": f"sqlite:///{folder}/bench.db"}
        if server != "none" and _answers(server):
            urls["PostgreSQL"] = server
        for name, url in urls.items():
            for size in (rows // 4, rows):
                _fill(url, size)
                _compare(name, url, size, folder)
            with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
                connection.exec_driver_sql(f"DROP TABLE {TABLE}")


def _compare(name: str, url: str, rows: int, folder: str) -> None:
    ours, theirs = (_best(code, url, folder) for code in (LOCKSTEP, PANDAS))
    print(
        f"{name:>10} {rows:>10,} rows: lockstep {rows / ours['seconds']:>9,.0f} rows/s, {ours['mb']:>5,.0f} MB;"
        f" pandas {rows / theirs['seconds']:>9,.0f} rows/s, {theirs['mb']:>5,.0f} MB;"
        f" {theirs['seconds'] / ours['seconds']:.1f} times faster",
        flush=True,
    )


def _best(code: str, url: str, folder: str) -> dict[str, float]:
    return min((_measure(code, url, folder) for _ in range(REPEATS)), key=lambda measured: measured["seconds"])


def _measure(code: str, url: str, folder: str) -> dict[str, float]:
    """Run the code in a new process and return its seconds (without imports) and its peak memory."""
    before = f"import json, resource, time\nurl, folder = {url!r}, {folder!r}\n"
    after = (
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "print(json.dumps(dict(seconds=time.perf_counter() - begun, mb=peak)))\n"
    )
    command = [sys.executable, "-c", before + code + after]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return json.loads(output.splitlines()[-1])


def _fill(url: str, rows: int) -> None:
    rng = np.random.default_rng(7)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {TABLE}")
        connection.exec_driver_sql(
            f"CREATE TABLE {TABLE} (order_id BIGINT, customer_id BIGINT, ordered_at TIMESTAMP,"
            " amount DOUBLE PRECISION, discount DOUBLE PRECISION, category VARCHAR, channel VARCHAR)"
        )
        for first in range(0, rows, 100_000):
            _insert(connection, _orders(rng, first, min(100_000, rows - first)))
    if engine.dialect.name == "postgresql":  # or the first to read would do it, and autovacuum beside the second
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM ANALYZE {TABLE}")


def _orders(rng: np.random.Generator, first: int, size: int) -> pd.DataFrame:
    moments = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 60_000_000, size), unit="s")
    return pd.DataFrame({
        "order_id": rng.permutation(np.arange(first, first + size)),
        "customer_id": rng.integers(1, 500_000, size),
        "ordered_at": moments.strftime("%Y-%m-%d %H:%M:%S.000000"),
        "amount": rng.gamma(2, 30, size).round(2),
        "discount": pd.Series(rng.choice([0, 0.05, 0.1], size)).astype(object).where(rng.random(size) > 0.1, None),
        "category": rng.choice(["books", "toys", "garden", "electronics"], size),
        "channel": rng.choice(["web", "app", "store"], size),
    })  # fmt: skip


def _insert(connection: sa.Connection, orders: pd.DataFrame) -> None:
    raw = connection.connection.driver_connection
    rows = pa.Table.from_pandas(orders, preserve_index=False).to_pydict()
    values = list(zip(*rows.values(), strict=True))
    if connection.dialect.name == "sqlite":
        raw.executemany(f"INSERT INTO {TABLE} VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        return
    with raw.cursor() as cursor, cursor.copy(f"COPY {TABLE} FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)


def _answers(url: str) -> bool:
    try:
        sa.create_engine(url, poolclass=sa.NullPool).connect().close()
    except (sa.exc.SQLAlchemyError, ImportError):
        print("PostgreSQL does not answer: left out")
        return False
    return True


if __name__ == "__main__":
    main()
