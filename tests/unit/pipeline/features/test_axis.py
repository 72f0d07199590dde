"""The axis: every instant is in exactly the intervals that contain it."""

from datetime import datetime, timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.pipeline.features.axis import Axis, looking_ahead, looking_back
from tests.unit.pipeline.features.worlds import connect, table_of

DAY = timedelta(days=1)
START = datetime(2024, 1, 1)
days = st.integers(0, 60).map(lambda day: START + day * DAY)
axes = st.one_of(
    st.builds(
        looking_back,
        st.lists(days, min_size=1, max_size=5, unique=True).map(sorted),
        st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True).map(lambda ns: [n * DAY for n in sorted(ns)]),
    ),
    st.builds(looking_ahead, st.lists(days, min_size=1, max_size=5, unique=True).map(sorted), st.just(20 * DAY)),
)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(axes)
def test_an_instant_belongs_to_the_cutoffs_whose_interval_holds_it(axis: Axis) -> None:
    instants = [edge + step for edge in axis.edges for step in (-timedelta(microseconds=1), timedelta(0), DAY / 2)]
    backend = connect()
    given_ = table_of(backend, "given", pa.table({"time": pa.array(instants, pa.timestamp("us"))}))
    covered = given_.filter(axis.covers(given_["time"]))
    binned = covered.select("time", bin=axis.bin_of(covered["time"]))
    found = binned.join(axis.membership(), "bin").select("time", "cutoff", "rank").to_pyarrow().to_pylist()
    expected = [
        (instant, cutoff, min(i.rank for i in axis.intervals if i.cutoff == cutoff and i.start <= instant < i.end))
        for instant in instants
        for cutoff in sorted({i.cutoff for i in axis.intervals})
        if any(i.cutoff == cutoff and i.start <= instant < i.end for i in axis.intervals)
    ]
    assert sorted((row["time"], row["cutoff"], row["rank"]) for row in found) == sorted(expected)


def test_a_window_longer_than_the_calendar_begins_with_it() -> None:
    axis = looking_back([START], [timedelta(weeks=999_999)])
    assert axis.edges == (datetime.min, START)


def test_the_search_is_as_deep_as_the_logarithm_of_the_edges() -> None:
    from ibis import to_sql

    axis = looking_back([START + n * DAY for n in range(256)], [DAY])
    backend = connect()
    table = table_of(backend, "given", pa.table({"time": pa.array([START], pa.timestamp("us"))}))
    sql = str(to_sql(table.select(bin=axis.bin_of(table["time"])), dialect="duckdb", pretty=False))
    depth = deepest = 0
    for word in sql.replace("(", " ").replace(")", " ").split():
        depth += {"CASE": 1, "END": -1}.get(word, 0)
        deepest = max(deepest, depth)
    assert deepest == 8
