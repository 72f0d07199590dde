"""What holds for every table, however dirty."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.io.pandas_io import deserialize_schema

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from tests.integration.raw_directory import contents, run_process, write_contract, write_raw

EVENTS: dict[str, dict[str, Any]] = {
    "key": {"dtype": "int64"},
    "who": {"dtype": "int64"},
    "at": {"dtype": "datetime64[ns]"},
    "mail": {"dtype": "str", "nullable": True, "unique": True},
    "real": {"dtype": "float64", "nullable": True, "in_range": {"min_value": -1, "max_value": 1}},
}
PEOPLE: dict[str, dict[str, Any]] = {"who": {"dtype": "int64"}, "plan": {"dtype": "str", "isin": ["a", "b"]}}
EVENT_TYPES = pa.schema(
    [
        ("key", pa.int64()),
        ("who", pa.int64()),
        ("at", pa.timestamp("us")),
        ("mail", pa.string()),
        ("real", pa.float64()),
    ]
)
PEOPLE_TYPES = pa.schema([("who", pa.int64()), ("plan", pa.string())])
TABLES = {
    "events": {"kind": "event", "key": "key", "entity": "who", "time": "at"},
    "people": {"kind": "entity", "key": "who"},
}
SMALL = st.none() | st.integers(0, 4)
EVENT = st.fixed_dictionaries(
    {
        "key": SMALL,
        "who": SMALL,
        "at": st.none() | st.sampled_from(list(pd.date_range("2024-01-01", periods=3).to_pydatetime())),
        "mail": st.none() | st.sampled_from(["m", "n", "'", "o"]),
        "real": st.none() | st.sampled_from([0.5, 0.25, 2.0, float("nan"), float("inf")]),
    }
)
PERSON = st.fixed_dictionaries({"who": SMALL, "plan": st.none() | st.sampled_from(["a", "b", "c"])})
DIRT = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["real", "mail"])), max_size=3, unique=True)


def _write(root: Path, events: list[dict[str, Any]], people: list[dict[str, Any]], dirt: list[Any]) -> Workspace:
    write_contract(root, "events", EVENTS)
    write_contract(root, "people", PEOPLE)
    dirt = [(row, column) for row, column in dirt if row < len(events)]
    for row, column in dirt:
        events[row] = {**events[row], column: None}
    tables = {"events": pa.Table.from_pylist(events, EVENT_TYPES), "people": pa.Table.from_pylist(people, PEOPLE_TYPES)}
    return write_raw(root, tables, [("events", row, column, "?") for row, column in dirt])


def _validated(columns: dict[str, dict[str, Any]], table: pa.Table) -> None:
    """Raise where pandera itself, in one go over the whole, finds a breach."""
    deserialize_schema({"columns": columns}).validate(
        table.to_pandas().astype({"at": "datetime64[ns]"} if "at" in columns else {})
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(EVENT, min_size=1, max_size=10), st.lists(PERSON, min_size=1, max_size=6), DIRT)
def test_kept_and_rejected_rows_partition_the_raw_rows_and_the_kept_ones_keep_the_contract(
    events: list[dict[str, Any]], people: list[dict[str, Any]], dirt: list[Any]
) -> None:
    with TemporaryDirectory() as folder:
        workspace = _write(Path(folder), events, people, dirt)
        try:
            run_process(workspace, TABLES)
        except LockstepError as error:
            assert all("no row is left" in line for line in error.details)
            return
        found = {}
        for name, columns in (("events", EVENTS), ("people", PEOPLE)):
            raw = pq.read_table(workspace.raw / f"{name}.parquet")
            kept = found[name] = pq.read_table(workspace.processed / f"{name}.parquet")
            rejected = pq.read_table(workspace.processed / "rejects" / f"{name}.parquet")["row"].to_pylist()
            assert rejected == sorted(rejected)
            rest = [row for row in range(raw.num_rows) if row not in set(rejected)]
            assert str(kept.to_pylist()) == str(raw.take(rest).to_pylist()).replace("nan", "None")
            _validated(columns, kept)
        assert found["events"].column("key").to_pylist() == list(dict.fromkeys(found["events"]["key"].to_pylist()))
        assert set(found["events"]["who"].to_pylist()) <= set(found["people"]["who"].to_pylist())


@pytest.mark.parametrize("environment", [{"LOCKSTEP_THREADS": "1"}, {"LOCKSTEP_THREADS": "2", "TZ": "Asia/Tokyo"}])
def test_the_bytes_are_the_same_again_with_any_threads_zone_and_path(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 300_000  # more than two batches, so that threads have something to divide
    at = pa.array(range(1_700_000_000_000_000, 1_700_000_000_000_000 + size), pa.timestamp("us"))
    events = pa.table(
        {
            "key": [row - row % 7 // 6 for row in range(size)],
            "who": [row % 1009 for row in range(size)],
            "at": at,
            "mail": pa.nulls(size, pa.string()),
            "real": [(row * 7919 % 10007) / 9000 for row in range(size)],
        },
        schema=EVENT_TYPES,
    )
    people = pa.table({"who": list(range(1000)), "plan": ["a"] * 999 + ["z"]}, schema=PEOPLE_TYPES)
    outputs = []
    for root, variables in ((tmp_path / "one", {}), (tmp_path / "a=1" / "two", environment)):
        with monkeypatch.context() as context:
            for name, value in variables.items():
                context.setenv(name, value)
            write_contract(root, "events", {**EVENTS, "mail": {"dtype": "str", "nullable": True}})
            write_contract(root, "people", PEOPLE)
            workspace = write_raw(root, {"events": events, "people": people})
            for _ in range(2):
                run_process(workspace, TABLES)
                outputs.append(contents(workspace.processed))
    assert len(outputs[0]) == 6
    assert all(output == outputs[0] for output in outputs)
