"""Features of many events at many cutoffs: seconds and peak memory, against a plain join and against pandas.

Every measurement runs in a process of its own, on the same events and two cores, and makes the same
features of one column at each cutoff and over each window. Processor time is printed beside the
time on the clock: on a busy machine only the first can be compared.

    python benchmarks/bench_features.py [EVENTS] [EVENTS_FOR_PANDAS]
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lockstep.params.pipeline.features import Aggregate

BASIC = ("count", "sum", "mean", "min", "max", "std")  # functions of SQL and pandas; plus recency
ALL = (*BASIC, "distinct", "trend")
END = datetime(2025, 6, 30)
DAYS = 730
WINDOWS = (7, 30, 90)


def main() -> None:
    """Print a table of figures."""
    if sys.argv[1:2] == ["--run"]:
        _run(json.loads(sys.argv[2]))
        return
    sizes = [int(float(text)) for text in sys.argv[1:]] or [20_000_000, 1_000_000]
    events, for_pandas = sizes[0], sizes[1] if len(sizes) > 1 else max(sizes[0] // 20, 1)
    with tempfile.TemporaryDirectory() as directory:
        _against_join(Path(directory), events)
        _growth(Path(directory), events // 4)
        _against_pandas(Path(directory), for_pandas)


def _against_join(directory: Path, events: int) -> None:
    print(f"{events:,} events x 9 cutoffs x {len(WINDOWS)} windows x {len(BASIC)} aggregates and recency")
    path = _generate(directory, events)
    ours = _measure("lockstep", path)
    join = _measure("join", path)
    print(f"  a plain join in DuckDB takes {join / ours:.1f} times as long\n")


def _growth(directory: Path, events: int) -> None:
    print(f"growth from {events:,} events x 9 cutoffs x 3 windows on")
    path, twice = _generate(directory, events), _generate(directory, events * 2)
    base = _measure("lockstep", path)
    for title, seconds in {
        "events x 2": _measure("lockstep", twice, quiet=True),
        "cutoffs x 2": _measure("lockstep", path, cutoffs=18, quiet=True),
        "windows x 2": _measure("lockstep", path, windows=(3, 7, 14, 30, 60, 90), quiet=True),
    }.items():
        print(f"  {title}: time x {seconds / base:.2f}")
    print()


def _against_pandas(directory: Path, events: int) -> None:
    path = _generate(directory, events)
    for title, hows in (("all aggregates", ALL), ("without distinct and trend", BASIC)):
        print(f"{events:,} events, which pandas can hold: {title}")
        ours = _measure("lockstep", path, hows=hows)
        print(f"  pandas takes {_measure('pandas', path, hows=hows) / ours:.1f} times as long")


def _generate(directory: Path, events: int) -> Path:
    """Write events of one per cent as many entities, at random over two years, in no order of entities."""
    import duckdb

    path = directory / f"events_{events}.parquet"
    if not path.exists():
        query = f"""
            SELECT i AS event_id, (hash(i, 1) % {max(events // 100, 1)})::BIGINT AS entity_id,
                   TIMESTAMP '{END}' - to_microseconds((hash(i, 2) % {DAYS * 86_400_000_000})::BIGINT) AS happened_at,
                   (hash(i, 3) % 100000 / 100.0)::DOUBLE AS amount
            FROM range({events}) t(i)"""
        with duckdb.connect(config={"threads": 2}) as connection:
            connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)").fetchall()
    return path


def _measure(
    peer: str,
    path: Path,
    *,
    cutoffs: int = 9,
    windows: tuple[int, ...] = WINDOWS,
    hows: tuple[str, ...] = BASIC,
    quiet: bool = False,
) -> float:
    """Return the seconds that a peer takes in a process of its own, after its imports."""
    task = {"peer": peer, "path": str(path), "cutoffs": cutoffs, "windows": windows, "hows": hows}
    environment = {**os.environ, "LOCKSTEP_THREADS": "2", "OMP_NUM_THREADS": "2"}
    command = [sys.executable, __file__, "--run", json.dumps(task)]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    if not quiet:
        peak = found["peak"] / 2**30
        print(f"  {peer:<10} {found['seconds']:7.2f} s, processor {found['processor']:7.2f} s, {peak:5.2f} GiB")
    return float(found["seconds"])


def _run(task: dict[str, Any]) -> None:
    make = {"lockstep": _lockstep, "join": _join, "pandas": _pandas}[task["peer"]]
    compute = make(
        Path(task["path"]), _cutoffs(task["cutoffs"]), [timedelta(days=d) for d in task["windows"]], task["hows"]
    )
    started, worked = time.perf_counter(), time.process_time()
    rows = compute()
    seconds, processor = time.perf_counter() - started, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "processor": processor, "peak": peak, "rows": rows}))


def _cutoffs(number: int) -> tuple[datetime, ...]:
    """Return cutoffs spread over nine months, so that more of them see the same events."""
    return tuple(END - timedelta(days=270 * place / number) for place in reversed(range(number)))


def _lockstep(
    path: Path, cutoffs: tuple[datetime, ...], windows: list[timedelta], hows: list[Aggregate]
) -> Callable[[], int]:
    import ibis

    from lockstep.core.duck import connect
    from lockstep.params.pipeline.features import FeaturesSpec
    from lockstep.params.pipeline.source import TableSpec
    from lockstep.pipeline.features.build import Tables, build
    from lockstep.pipeline.features.execution import fetch, keep
    from lockstep.pipeline.features.resolution import define
    from lockstep.pipeline.features.tables import Source

    spec = TableSpec(kind="event", key="event_id", entity="entity_id", time="happened_at")
    aggregates: dict[str, tuple[Aggregate, ...]] = {"amount": tuple(hows), "happened_at": ("recency",)}
    asked = FeaturesSpec(windows=tuple(windows), aggregates={"events": aggregates})
    backend = ibis.duckdb.from_connection(connect(Path(tempfile.mkdtemp(dir=path.parent))))

    def compute() -> int:
        source = Source(spec, backend.read_parquet(path))
        definition = define(asked, {"events": spec}, {"events": source.types})
        kept = keep(backend, build(backend, definition, Tables(None, {"events": source}), cutoffs))
        return int(fetch(kept.aggregate(rows=kept.count()))[0]["rows"])

    return compute


def _join(
    path: Path, cutoffs: tuple[datetime, ...], windows: list[timedelta], hows: list[Aggregate]
) -> Callable[[], int]:
    """Join every event with every later cutoff, then aggregate what lies in each window."""
    import duckdb

    functions = {"mean": "avg", "std": "stddev_samp"}
    columns = [
        f"{functions.get(how, how)}(amount) FILTER (happened_at >= cutoff - INTERVAL {window.days} DAY)"
        for window in windows
        for how in hows
    ]
    instants = ", ".join(f"(TIMESTAMP '{cutoff}')" for cutoff in cutoffs)
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "3GB", "temp_directory": str(path.parent)})
    query = f"""
        CREATE TEMP TABLE features AS
        SELECT entity_id, cutoff, max(happened_at) AS last, {", ".join(columns)}
        FROM '{path}' JOIN (VALUES {instants}) c(cutoff) ON happened_at < cutoff
        GROUP BY entity_id, cutoff"""

    def compute() -> int:
        return int(connection.execute(query).fetchall()[0][0])

    return compute


def _pandas(
    path: Path, cutoffs: tuple[datetime, ...], windows: list[timedelta], hows: list[Aggregate]
) -> Callable[[], int]:
    """Merge the snapshots with the events, filter by window, group: the obvious solution."""
    import numpy as np
    import pandas as pd

    def trend(group: pd.DataFrame) -> float:
        days = (group["happened_at"] - group["happened_at"].min()) / pd.Timedelta(days=1)
        return float(np.polyfit(days, group["amount"], 1)[0]) if len(group) > 1 else np.nan

    def compute() -> int:
        events = pd.read_parquet(path)
        snapshots = events[["entity_id"]].drop_duplicates().merge(pd.DataFrame({"cutoff": cutoffs}), how="cross")
        past = snapshots.merge(events, on="entity_id")
        past = past[past["happened_at"] < past["cutoff"]]
        by = ["entity_id", "cutoff"]
        parts: list[pd.DataFrame | pd.Series] = [past.groupby(by)["happened_at"].max()]
        for window in windows:
            groups = past[past["happened_at"] >= past["cutoff"] - window].groupby(by)
            named = ["nunique" if how == "distinct" else how for how in hows if how != "trend"]
            parts.append(groups["amount"].agg(named).add_suffix(f"_{window.days}"))
            if "trend" in hows:
                parts.append(groups[["happened_at", "amount"]].apply(trend).rename(f"trend_{window.days}"))
        return len(pd.concat(parts, axis=1))

    return compute


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # polyfit's, of events at one time
    main()
