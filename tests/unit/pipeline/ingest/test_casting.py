"""Cells to values: one rule for every source, checked against Python's own readers."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.core.duck import connect
from lockstep.pipeline.ingest.casting import conforming
from lockstep.pipeline.ingest.sources.base import Stream
from lockstep.tables.contract import Column


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(tmp_path_factory.mktemp("scratch")) as opened:
        yield opened


def read(connection: duckdb.DuckDBPyConnection, values: list[Any], arrow: pa.DataType, target: Path) -> list[tuple]:
    """Return value and malformed text of each cell."""
    table = pa.table({"0": pa.array(values, arrow)})
    query = conforming(Stream(pa.schema([("0", arrow)]), iter(())), (Column("x", target, True),), "cells_of_test")
    connection.register("cells_of_test", table)
    return [(value, texts and texts[0]) for value, texts in connection.execute(query).fetchall()]


@settings(deadline=None)  # the first call opens a database
@given(texts=st.lists(st.text(max_size=12) | st.from_regex(r"[ +-]?[0-9]{1,20}(\.0?5?)?", fullmatch=True), min_size=1))
def test_whole_numbers_are_what_python_reads_and_nothing_is_rounded(
    connection: duckdb.DuckDBPyConnection, texts: list[Any]
) -> None:
    for text, (value, malformed) in zip(texts, read(connection, texts, pa.string(), "int64"), strict=True):
        if re.fullmatch(r"[+-]?[0-9]+(\.0*)?", text.strip(" ")):
            number = int(text.strip(" ").partition(".")[0])
            fits = -(2**63) <= number < 2**63
            assert (value, malformed) == ((number, None) if fits else (None, text))
        else:
            assert (value, malformed) == (None, text)


@settings(deadline=None)
@given(numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_keep_every_bit(connection: duckdb.DuckDBPyConnection, numbers: list[float]) -> None:
    texts = [repr(number) for number in numbers]
    assert read(connection, texts, pa.string(), "float64") == [(number + 0.0, None) for number in numbers]
    assert read(connection, numbers, pa.float64(), "float64") == [(number + 0.0, None) for number in numbers]


def test_no_number_is_negative_zero(connection: duckdb.DuckDBPyConnection) -> None:
    [(text, _)] = read(connection, ["-0.0"], pa.string(), "float64")
    [(number, _)] = read(connection, [-0.0], pa.float64(), "float64")
    assert math.copysign(1, text) == math.copysign(1, number) == 1


INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(deadline=None)
@given(instants=st.lists(INSTANTS, min_size=1), separator=st.sampled_from(" T"))
def test_instants_keep_every_microsecond(
    connection: duckdb.DuckDBPyConnection, instants: list[Any], separator: str
) -> None:
    texts = [instant.isoformat(separator) for instant in instants]
    assert read(connection, texts, pa.string(), "datetime") == [(instant, None) for instant in instants]
    assert read(connection, instants, pa.timestamp("us"), "datetime") == [(instant, None) for instant in instants]


@settings(deadline=None)
@given(instants=st.lists(INSTANTS, min_size=1), zone=OFFSETS, space=st.sampled_from(["", " "]))
def test_instants_with_an_offset_become_utc(
    connection: duckdb.DuckDBPyConnection, instants: list[Any], zone: Any, space: str
) -> None:
    aware = [instant.replace(tzinfo=zone) for instant in instants]
    texts = [re.sub(r"([+-]\d\d:\d\d)$", space + r"\1", instant.isoformat()) for instant in aware]
    expected = [(instant.astimezone(UTC).replace(tzinfo=None), None) for instant in aware]
    assert read(connection, texts, pa.string(), "datetime") == expected


@pytest.mark.parametrize(
    "text",
    ["2024-02-30", "2024-1-5", "24-01-01", "infinity", "epoch", "now", "2024/01/01", "10:00", "20240101", "0000-01-01",
     "2024-01-01 10:00 Europe/Berlin", "2024-01-01 10:00+25:00", "2024-01-01 10:00+01:99", "12024-01-01",
     "\uff12024-01-01"],
)  # fmt: skip
def test_what_is_no_iso_instant_is_malformed(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(connection, [text], pa.string(), "datetime") == [(None, text)]


@pytest.mark.parametrize(
    ("target", "arrow", "values", "expected"),
    [
        ("int64", pa.float64(), [3.0, 3.5, math.nan], [(3, None), (None, "3.5"), (None, "nan")]),
        ("int64", pa.float64(), [1e300, 2.0**63], [(None, "1e+300"), (None, "9.223372036854776e+18")]),
        ("int64", pa.uint64(), [2**63, 7], [(None, "9223372036854775808"), (7, None)]),
        ("float64", pa.float64(), [math.nan, math.inf], [(None, None), (None, "inf")]),
        ("float64", pa.float32(), [0.5, math.nan], [(0.5, None), (None, None)]),
        ("float64", pa.decimal128(20, 2), ["1.25", None], [(1.25, None), (None, None)]),
        ("float64", pa.string(), ["NaN", "1e400", "1,5"], [(None, None), (None, "1e400"), (None, "1,5")]),
        ("bool", pa.int8(), [0, 1, 2], [(False, None), (True, None), (None, "2")]),
        ("string", pa.int32(), [7, None], [("7", None), (None, None)]),
        ("datetime", pa.date32(), [19723], [(datetime(2024, 1, 1), None)]),
        ("datetime", pa.timestamp("us", "Asia/Tokyo"), [1_704_067_200_000_000], [(datetime(2024, 1, 1), None)]),
        ("int64", pa.null(), [None], [(None, None)]),
    ],
)  # fmt: skip
def test_types_of_a_source_become_those_of_the_contract(
    connection: duckdb.DuckDBPyConnection,
    target: str,
    arrow: Any,
    values: list[int | str | None],
    expected: list[tuple[Any, ...]],
) -> None:
    if pa.types.is_decimal(arrow):
        values = pa.array(values, pa.string()).cast(arrow).to_pylist()
    assert read(connection, values, arrow, target) == expected
