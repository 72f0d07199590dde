"""What every kind of source promises, with and without its fast driver."""

import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from lockstep.core.errors import LockstepError
from lockstep.core.files import sha256
from tests.contract.filled_sources import KINDS, Filled, Table, source

HOSTILE = "x\"; DROP TABLE orders; --<script>%s:a'é☃</script>"
COLUMNS = {"id": "int", "at": "time", "amount": "float", "note": "text", "paid": "bool"}
ROWS = [
    (3, datetime(2024, 3, 1, 12, 30, 15, 123456), 0.1 + 0.2, HOSTILE, True),
    (1, datetime(2024, 1, 1), -1e300, 'two\nlines, "quoted"', False),
    (2, datetime(1999, 12, 31, 23, 59, 59), 5e-324, "0012", None),
    (2, datetime(1999, 12, 31, 23, 59, 59), None, "ä", True),
    (2, datetime(1999, 12, 31, 23, 59, 59), None, "z", True),
    (-(2**63), datetime(2024, 1, 1), 0.0, None, False),
    (2**63 - 1, None, 1.0, "the time is missing", False),
    (None, datetime(2024, 1, 2), 100.0, "the key is missing", True),
]
# key first, nulls before everything; then time, then the columns in order, texts by their bytes
SORTED = [ROWS[place] for place in (7, 5, 1, 4, 3, 2, 0, 6)]


@pytest.fixture(params=KINDS)
def filled(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Filled]:
    with source(request.param, tmp_path, monkeypatch) as empty:
        yield empty


def rows_of(filled: Filled, name: str = "orders") -> list[tuple]:
    return [tuple(row.values()) for row in filled.raw(name).to_pylist()]


def test_every_source_gives_the_same_rows_in_the_same_order(filled: Filled) -> None:
    tables = {"orders": Table(COLUMNS, ROWS)}
    filled.put(tables)
    filled.ingest(tables)
    assert rows_of(filled) == SORTED
    assert filled.malformed() == []


def test_every_source_gives_the_same_bytes_whatever_the_order_it_holds_them_in(
    filled: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [(n % 997, datetime(2024, 1, 1 + n % 28), n / 7, f"{n % 13}", n % 2 == 0) for n in range(5000)]
    random.Random(1).shuffle(many)
    tables = {"orders": Table(COLUMNS, many)}
    filled.put(tables)
    filled.ingest(tables)
    reference = tmp_path / "reference"
    reference.mkdir()
    with source("parquet", reference, monkeypatch) as other:
        tables = {"orders": Table(COLUMNS, sorted(many, reverse=True))}
        other.put(tables)
        other.ingest(tables)
        for name in ("orders.parquet", "malformed.parquet", "manifest.json"):
            assert sha256(filled.workspace.raw / name) == sha256(other.workspace.raw / name)


def test_nothing_at_or_after_as_of_is_written_and_rows_without_a_time_stay(filled: Filled) -> None:
    tables = {"orders": Table(COLUMNS, ROWS)}
    filled.put(tables)
    manifest = filled.ingest(tables, as_of="2024-01-02")
    times = [row[1] for row in rows_of(filled)]
    assert times == [datetime(2024, 1, 1)] * 2 + [datetime(1999, 12, 31, 23, 59, 59)] * 3 + [None]
    assert manifest.as_of == datetime(2024, 1, 2)
    assert manifest.tables["orders"].span == (datetime(1999, 12, 31, 23, 59, 59), datetime(2024, 1, 1))


def test_only_the_columns_of_the_contract_are_read_and_in_its_order(filled: Filled) -> None:
    tables = {"orders": Table(COLUMNS, ROWS, contract={"note": "str", "at": "datetime64[us]", "id": "int64"})}
    filled.put(tables)
    manifest = filled.ingest(tables)
    assert manifest.tables["orders"].columns == {"note": "string", "at": "timestamp[us]", "id": "int64"}


def test_names_are_data(filled: Filled) -> None:
    columns = {"id": "int", "at": "time", HOSTILE.replace("\n", ""): "float", "select": "text", " ": "bool"}
    tables = {"orders": Table(columns, ROWS)}
    if filled.suffix is None:
        tables["orders"].spec["table"] = HOSTILE
    filled.put(tables)
    filled.ingest(tables)
    assert rows_of(filled) == SORTED


def test_all_missing_tables_and_columns_are_told_at_once(filled: Filled) -> None:
    tables = {"orders": Table(COLUMNS, ROWS), "visits": Table(COLUMNS, ROWS)}
    filled.put(tables)
    wrong = {"id": "int64", "at": "datetime64[us]", "amuont": "float64", "nothing": "str"}
    lost = Table(COLUMNS, ROWS, spec={**tables["orders"].spec, "table": "lost"})
    asked = {"orders": Table(COLUMNS, ROWS, contract=wrong), "visits": lost, "more": lost}
    for name, table in asked.items():
        types = table.contract or {"id": "int64", "at": "datetime64[us]"}
        text = "columns:\n" + "".join(f"  {column}: {{dtype: '{dtype}'}}\n" for column, dtype in types.items())
        (filled.workspace.contracts / f"{name}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(LockstepError) as caught:
        filled.ingest(asked)
    text = "\n".join(caught.value.details)
    assert len(caught.value.details) == 4
    assert "'amuont'; did you mean 'amount'?" in text
    assert "'nothing'" in text
    assert sum("lost" in line for line in caught.value.details) == 2


def test_an_empty_table_and_one_that_begins_too_late_are_told_apart(filled: Filled) -> None:
    tables = {"orders": Table(COLUMNS, ROWS[:2]), "visits": Table(COLUMNS, [])}
    filled.put(tables)
    with pytest.raises(LockstepError) as caught:
        filled.ingest(tables, as_of="2024-01-01")
    assert caught.value.details == (
        "table orders: the first at is 2024-01-01 00:00:00, not before source.as_of 2024-01-01 00:00:00",
        "table visits: empty",
    )


def test_a_failure_leaves_the_last_good_output_and_nothing_else(filled: Filled) -> None:
    tables = {"orders": Table(COLUMNS, ROWS[:2])}
    filled.put(tables)
    filled.ingest(tables)
    before = {path.name: sha256(path) for path in filled.workspace.raw.iterdir()}
    with pytest.raises(LockstepError):
        filled.ingest(tables, as_of="1990-01-01")
    assert {path.name: sha256(path) for path in filled.workspace.raw.iterdir()} == before
    assert [path.name for path in filled.workspace.raw.parent.iterdir() if "partial" in path.name] == []


def test_a_column_of_another_kind_is_a_fault_of_the_table_or_of_its_cells(filled: Filled) -> None:
    contract = {"id": "int64", "at": "datetime64[us]", "paid": "datetime64[us]"}
    tables = {"orders": Table(COLUMNS, ROWS, contract=contract)}
    filled.put(tables)
    if filled.suffix == "csv" or filled.url.startswith("sqlite"):  # neither has types that could be wrong
        filled.ingest(tables)
        assert len(filled.malformed()) == sum(row[4] is not None for row in ROWS)
    else:
        with pytest.raises(LockstepError, match=r"'paid': wrong type: expected datetime, found (bool|BOOLEAN)"):
            filled.ingest(tables)
