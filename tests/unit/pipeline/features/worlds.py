"""Small event tables, their compiled features, and the same features by a simple loop in pandas."""

import itertools
import math
import statistics
from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from lockstep.artifacts.definition import Definition
from lockstep.params.pipeline.features import FeaturesSpec
from lockstep.params.pipeline.problem import EligibleSpec
from lockstep.params.pipeline.source import TableSpec
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
    by_entity: dict[str, list[dict[str, Any]]] = {}
    for event in events.to_pylist():
        by_entity.setdefault(event["who"], []).append(event)
    rows = []
    for cutoff, who in itertools.product(cutoffs, sorted(by_entity)):
        past = [event for event in by_entity[who] if event["at"] < cutoff]
        if not past or (within is not None and all(event["at"] < cutoff - within for event in past)):
            continue
        values = {f.name: _value(past, cutoff, f.column, f.how, f.window) for f in definition.aggregates}
        rows.append({"cutoff": cutoff, "entity": who, **values})
    names = ["cutoff", "entity", *(f.name for f in definition.aggregates)]
    return pd.DataFrame(rows, columns=names).set_index(["cutoff", "entity"]).sort_index()


def _value(
    past: list[dict[str, Any]], cutoff: datetime, column: str, how: str, window: timedelta | None
) -> float | None:
    seen = [(event["at"], event[column]) for event in past if event[column] is not None]
    seen = [(at, value) for at, value in seen if not (isinstance(value, float) and math.isnan(value))]
    if how == "recency":
        return (cutoff - max(at for at, _ in seen)) / DAY if seen else None
    inside_window = [(at, value) for at, value in seen if window is None or at >= cutoff - window]
    if not inside_window:
        return {"count": 0.0, "sum": 0.0, "distinct": 0.0}.get(how)
    return NAIVE[how]([value for _, value in inside_window], [_days(at) for at, _ in inside_window])


def _days(at: datetime) -> Fraction:
    """Return days from the first cutoff, to the millisecond: a trend does not see less."""
    return Fraction((at - CUTOFFS[0]) // timedelta(milliseconds=1), DAY // timedelta(milliseconds=1))


def _trend(values: list[float], days: list[Fraction]) -> float | None:
    """Return the least-squares slope; exact, for events may lie a second apart."""
    if len(set(days)) < 2:
        return None
    centre = sum(days) / len(days)
    slope = sum((day - centre) * Fraction(value) for day, value in zip(days, values, strict=True))
    return float(slope / sum((day - centre) ** 2 for day in days))


NAIVE: dict[str, Callable[[list[Any], list[Fraction]], float | None]] = {
    "count": lambda values, _: len(values),
    "sum": lambda values, _: math.fsum(values),
    "mean": lambda values, _: statistics.fmean(values),
    "min": lambda values, _: min(values),
    "max": lambda values, _: max(values),
    "std": lambda values, _: statistics.stdev(map(float, values)) if len(values) > 1 else None,
    "distinct": lambda values, _: len(set(values)),
    "trend": _trend,
}


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Prove that two frames of features are equal but for the last digits."""
    assert list(left.index) == list(right.index)
    pd.testing.assert_frame_equal(
        left.astype(float), right.astype(float), check_dtype=False, check_index_type=False, rtol=1e-9, atol=1e-6
    )


def path_of(directory: Path, name: str) -> Path:
    """Return where a table of a directory lies."""
    return directory / f"{name}.parquet"
