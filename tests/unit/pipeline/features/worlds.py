"""Small worlds of events, compiled features of them, and the same features by an obviously right loop in pandas."""

import itertools
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from lockstep.artifacts.definition import Definition
from lockstep.params.features import FeaturesSpec
from lockstep.params.problem import EligibleSpec
from lockstep.params.source import TableSpec
from lockstep.pipeline.features.build import Tables, build
from lockstep.pipeline.features.resolution import define
from lockstep.pipeline.features.tables import Source, inside

DAY = timedelta(days=1)
CUTOFFS = (datetime(2024, 3, 1), datetime(2024, 3, 31), datetime(2024, 4, 30))
WINDOWS = (7 * DAY, 40 * DAY)
EDGES = tuple(sorted({edge for c in CUTOFFS for w in WINDOWS for edge in (c, c - w)}))
HOSTILE = '"; DROP TABLE events; --'
ALL = ("count", "sum", "mean", "min", "max", "std", "distinct", "recency", "trend")
EVENTS = TableSpec(kind="event", key="id", entity="who", time="at")
EVENT_SCHEMA = pa.schema(
    {"id": pa.int64(), "who": pa.string(), "at": pa.timestamp("us"), HOSTILE: pa.float64(), "n": pa.int64(),
     "entity": pa.string(), "flag": pa.bool_()}
)  # fmt: skip
SPEC = FeaturesSpec(
    windows=WINDOWS,
    aggregates={
        "events": {
            "id": ("count",),
            "at": ("recency",),
            HOSTILE: ALL,
            "n": ALL,
            "entity": ("count", "distinct", "recency"),
            "flag": ("sum", "mean", "distinct"),
        }
    },
)


def connect(threads: int = 1) -> Backend:
    """Return a fresh engine."""
    return ibis.duckdb.from_connection(duckdb.connect(config={"threads": threads}))


def table_of(backend: Backend, name: str, rows: pa.Table) -> ir.Table:
    """Return a table of the engine with these rows."""
    backend.con.register("rows_given", rows)
    backend.con.execute(f'CREATE TABLE "{name}" AS FROM rows_given').fetchall()
    backend.con.unregister("rows_given")
    return backend.table(name)


def events_of(rows: list[dict[str, object]]) -> pa.Table:
    """Return rows as a table of events; what a row lacks is null."""
    return pa.Table.from_pylist([{"id": i, **row} for i, row in enumerate(rows)], EVENT_SCHEMA)


def definition_of(spec: FeaturesSpec = SPEC) -> Definition:
    """Return the definition of features of `events`."""
    source = Source(EVENTS, ibis.memtable(events_of([])))
    return define(spec, {"events": EVENTS}, {"events": source.types})


def compiled(
    events: pa.Table,
    definition: Definition,
    cutoffs: tuple[datetime, ...] = CUTOFFS,
    eligible: EligibleSpec | None = None,
    threads: int = 1,
) -> pd.DataFrame:
    """Return what the package makes of the events: indexed by cutoff and entity, a column per feature."""
    backend = connect(threads)
    source = Source(EVENTS, table_of(backend, "events", events))
    wide = build(backend, definition, Tables(None, {"events": source}), cutoffs, eligible)
    frame = wide.to_pandas().set_index(["cutoff", "entity"]).sort_index()
    backend.disconnect()
    return frame.rename(columns={inside(f.name): f.name for f in definition.features})


def naive(
    events: pa.Table, definition: Definition, cutoffs: tuple[datetime, ...] = CUTOFFS, within: timedelta | None = None
) -> pd.DataFrame:
    """Return the same by one loop per cutoff, entity and feature."""
    frame = events.to_pandas()
    rows = []
    for cutoff, who in itertools.product(cutoffs, sorted(set(frame["who"]))):
        past = frame[(frame["who"] == who) & (frame["at"] < cutoff)]
        if past.empty or (within is not None and past[past["at"] >= cutoff - within].empty):
            continue
        values = {f.name: _value(past, cutoff, f.column, f.how, f.window) for f in definition.aggregates}
        rows.append({"cutoff": cutoff, "entity": who, **values})
    names = ["cutoff", "entity", *(f.name for f in definition.aggregates)]
    return pd.DataFrame(rows, columns=names).set_index(["cutoff", "entity"]).sort_index()


def _value(past: pd.DataFrame, cutoff: datetime, column: str, how: str, window: timedelta | None) -> float:
    seen = past[past[column].notna()]
    if how == "recency":
        return (cutoff - seen["at"].max()) / DAY if len(seen) else np.nan
    seen = seen[seen["at"] >= cutoff - window]
    return NAIVE[how](seen[column], seen["at"]) if len(seen) else {"count": 0, "sum": 0, "distinct": 0}.get(how, np.nan)


def _trend(values: pd.Series, times: pd.Series) -> float:
    days = ((times - CUTOFFS[0]) / DAY).to_numpy(dtype=float)
    if len(set(times)) < 2:
        return np.nan
    centred = days - days.mean()
    return float((centred * values.to_numpy(dtype=float)).sum() / (centred**2).sum())


NAIVE = {
    "count": lambda values, _: float(len(values)),
    "sum": lambda values, _: float(values.astype(float).sum()),
    "mean": lambda values, _: float(values.astype(float).mean()),
    "min": lambda values, _: float(values.min()),
    "max": lambda values, _: float(values.max()),
    "std": lambda values, _: float(values.astype(float).std(ddof=1)),
    "distinct": lambda values, _: float(values.nunique()),
    "trend": _trend,
}


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Prove that two frames of features are equal but for the last digits."""
    assert list(left.index) == list(right.index)
    pd.testing.assert_frame_equal(left, right, check_dtype=False, check_index_type=False, rtol=1e-9, atol=1e-6)


def path_of(directory: Path, name: str) -> Path:
    """Return where a table of a directory lies."""
    return directory / f"{name}.parquet"
