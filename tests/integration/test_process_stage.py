"""`process` on raw tables made by hand: every kind of dirt, and every reason to stop."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lockstep.core.errors import LockstepError
from lockstep.core.files import read_json
from lockstep.core.manifest import Manifest
from lockstep.pipeline.process import stage as process
from tests.integration.raw_directory import contents, kept, rejects, run_process, write_contract, write_raw

SHOP: dict[str, dict[str, Any]] = {
    "orders": {"kind": "event", "key": "id", "entity": "customer", "time": "at"},
    "customers": {"kind": "entity", "key": "customer", "time": "since"},
}
HOSTILE = 'x"; DROP TABLE orders; --<script>alert(1)</script>'
DAY = [datetime(2024, 1, day) for day in range(1, 29)]


def _contracts(root: Path) -> None:
    write_contract(
        root,
        "customers",
        {"customer": {"dtype": "int64", "less_than": 100}, "since": {"dtype": "datetime64[ns]", "nullable": True}},
    )
    write_contract(
        root,
        "orders",
        {
            "id": {"dtype": "int64"},
            "customer": {"dtype": "int64", "nullable": True},
            "at": {"dtype": "datetime64[ns]", "nullable": True},
            "amount": {"dtype": "float64", "nullable": True, "greater_than": 0, "less_than": 100},
            "status": {"dtype": "str", "isin": ["paid", "open"]},
        },
    )


def _customers(*keys: int | None) -> pa.Table:
    return pa.table({"customer": pa.array(keys, pa.int64()), "since": pa.array([DAY[0]] * len(keys), US)})


US = pa.timestamp("us")
ORDERS = pa.schema(
    [("id", pa.int64()), ("customer", pa.int64()), ("at", US), ("amount", pa.float64()), ("status", pa.string())]
)


def _orders(*rows: tuple[Any, ...]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(ORDERS.names, row, strict=True)) for row in rows], ORDERS)


def test_each_kind_of_dirt_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    _contracts(tmp_path)
    orders = _orders(
        (1, 1, DAY[0], 5.0, "paid"),
        (2, 1, DAY[0], -5.0, HOSTILE),  # two breaches
        (3, 1, DAY[0], None, None),  # status is not nullable, amount is
        (4, 9, DAY[0], 5.0, "paid"),  # nobody
        (5, None, DAY[0], 5.0, "paid"),  # an event needs an entity, whatever the contract says,
        (6, 1, None, 5.0, "paid"),  # and a time
        (7, 1, DAY[0], None, "open"),  # its amount did not fit the type
        (8, 200, DAY[0], 5.0, "paid"),  # its customer is rejected
        (9, 3, DAY[1], 5.0, "open"),
    )
    workspace = write_raw(
        tmp_path,
        {"orders": orders, "customers": _customers(1, None, 3, 200)},
        [("orders", 6, "amount", "twelve"), ("orders", 2, "status", "\x00")],
    )
    run_process(workspace, SHOP)
    assert rejects(workspace, "orders") == [
        ("2", "amount", "greater_than", "-5.0", 1),
        ("2", "status", "isin", HOSTILE, 1),
        ("3", "status", "type", "\x00", 2),
        ("4", "customer", "orphan", "9", 3),
        ("5", "customer", "not_nullable", None, 4),
        ("6", "at", "not_nullable", None, 5),
        ("7", "amount", "type", "twelve", 6),
        ("8", "customer", "orphan", "200", 7),
    ]
    assert rejects(workspace, "customers") == [
        (None, "customer", "not_nullable", None, 1),
        ("200", "customer", "less_than", "200", 3),
    ]
    assert kept(workspace, "orders").equals(orders.take([0, 8]))
    assert kept(workspace, "customers")["customer"].to_pylist() == [1, 3]
    report = read_json(workspace.processed / "quality.json")
    assert list(report) == ["orders", "customers"]
    assert report["orders"]["rejects"]["customer"] == {"not_nullable": 1, "orphan": 2}
    assert (report["orders"]["rows_in"], report["orders"]["rows_out"]) == (9, 2)


def test_of_rows_with_one_key_the_first_that_keeps_everything_else_stays(tmp_path: Path) -> None:
    _contracts(tmp_path)
    orders = _orders(
        (1, 1, DAY[0], -1.0, "paid"),  # rejected itself: it does not take the place
        (1, 9, DAY[1], 5.0, "paid"),  # an orphan: nor does it
        (1, 1, DAY[2], 5.0, "paid"),
        (1, 1, DAY[2], 5.0, "paid"),
        (1, 1, DAY[3], 7.0, "open"),
        (2, 1, DAY[0], 5.0, "paid"),
    )
    workspace = write_raw(tmp_path, {"orders": orders, "customers": _customers(1)})
    run_process(workspace, SHOP)
    assert kept(workspace, "orders").equals(orders.take([2, 5]))
    assert [(check, row) for _, _, check, _, row in rejects(workspace, "orders")] == [
        ("greater_than", 0), ("orphan", 1), ("unique", 3), ("unique", 4),
    ]  # fmt: skip
    report = read_json(workspace.processed / "quality.json")["orders"]
    assert report["duplicates"] == {"identical": 1, "same_key": 1}


def test_columns_that_the_contract_calls_unique_are_so_afterwards(tmp_path: Path) -> None:
    columns = {"id": {"dtype": "int64"}, "a": {"dtype": "str", "nullable": True, "unique": True}, "b": {"dtype": "str"}}
    write_contract(tmp_path, "flat", columns, unique=["a", "b"])
    table = pa.table({"id": [1, 2, 3, 4], "a": ["x", "x", None, None], "b": ["1", "2", "3", "4"]})
    workspace = write_raw(tmp_path, {"flat": table})
    run_process(workspace, {"flat": {"kind": "flat", "key": "id"}})
    assert kept(workspace, "flat")["id"].to_pylist() == [1, 3]
    assert rejects(workspace, "flat") == [("2", "a", "unique", "x", 1), ("4", "a", "unique", None, 3)]


def test_without_a_key_equal_events_are_kept_and_counted(tmp_path: Path) -> None:
    write_contract(tmp_path, "buys", {"who": {"dtype": "int64"}, "at": {"dtype": "datetime"}})
    table = pa.table({"who": [1, 1, 1, 2], "at": pa.array([DAY[0], DAY[0], DAY[0], DAY[0]], US)})
    workspace = write_raw(tmp_path, {"buys": table})
    run_process(workspace, {"buys": {"kind": "event", "entity": "who", "time": "at"}}, limit=0.0)
    assert kept(workspace, "buys").equals(table)
    assert rejects(workspace, "buys") == []
    report = read_json(workspace.processed / "quality.json")["buys"]
    assert report["duplicates"] == {"identical": 2, "same_key": 0}


def test_names_of_tables_and_columns_are_data(tmp_path: Path) -> None:
    key, value = 'k"; DROP TABLE "Orders"; --', "v'<script> row number"
    columns = {key: {"dtype": "str"}, value: {"dtype": "float64"}, "row": {"dtype": "int64"}, "x": {"dtype": "bool"}}
    for name in ("Orders", "orders"):
        write_contract(tmp_path, name, columns)
    table = pa.table({key: ["a", "a", "ü"], value: [1.5, 1.5, float("nan")], "row": [5, 5, 5], "x": [True] * 3})
    workspace = write_raw(tmp_path, {"Orders": table, "orders": table})
    run_process(workspace, {name: {"kind": "flat", "key": key} for name in ("Orders", "orders")})
    for name in ("Orders", "orders"):
        assert rejects(workspace, name) == [("a", key, "unique", "a", 1), ("ü", value, "not_nullable", None, 2)]
        assert kept(workspace, name).equals(table.slice(0, 1))


def test_all_that_is_wrong_with_all_tables_is_one_message_and_nothing_is_written(tmp_path: Path) -> None:
    _contracts(tmp_path)
    write_contract(tmp_path, "visits", {"who": {"dtype": "str"}, "at": {"dtype": "str"}})
    write_contract(tmp_path, "calls", {"customer": {"dtype": "str"}, "at": {"dtype": "datetime"}})
    orders = _orders((1, 1, DAY[0], 5.0, "paid"), (2, 9, DAY[0], -5.0, "lost"), (3, 1, DAY[0], -5.0, "paid"))
    workspace = write_raw(
        tmp_path,
        {
            "customers": _customers(1, 1, 2, 3),
            "orders": orders,
            "visits": pa.table({"who": [1]}),
            "calls": pa.table({"customer": ["1"], "at": pa.array([DAY[0]], US)}),
        },
    )
    run_process(workspace, {name: SHOP[name] for name in ("customers", "orders")})
    before = contents(workspace.processed)
    tables = {
        **SHOP,
        "visits": {"kind": "event", "entity": "who", "time": "at"},
        "calls": {"kind": "event", "entity": "customer", "time": "at"},
    }
    with pytest.raises(LockstepError) as caught:
        run_process(workspace, tables, limit=0.3)
    assert "nothing was written" in caught.value.what
    lost = "2 of 3 rows are rejected (66.67%), process.max_reject_share allows 30.00%"
    most = "amount greater_than: 2 (such as '-5.0'); status isin: 1 (such as 'lost')"
    path = workspace.contracts / "visits.yaml"
    assert sorted(caught.value.details) == [
        "calls: column 'customer' is string, but customers.customer is int64: they cannot be compared",
        f"orders: {lost}; mostly {most}",
        f"visits: column 'at' (source.tables.visits.time): expected a datetime in {path}, got string",
        "visits: column 'at' is missing",
        "visits: column 'who': expected string, found int64",
    ]
    assert contents(workspace.processed) == before


def test_orphans_of_a_faulty_entity_table_are_not_told_on_top(tmp_path: Path) -> None:
    _contracts(tmp_path)
    orders = _orders((1, 1, DAY[0], 5.0, "paid"))
    workspace = write_raw(tmp_path, {"customers": _customers(None), "orders": orders})
    with pytest.raises(LockstepError) as caught:
        run_process(workspace, SHOP)
    assert [line.partition(":")[0] for line in caught.value.details] == ["customers"]


def test_an_empty_table_stops(tmp_path: Path) -> None:
    _contracts(tmp_path)
    workspace = write_raw(tmp_path, {"customers": _customers(1), "orders": _orders()})
    with pytest.raises(LockstepError, match="nothing was written") as caught:
        run_process(workspace, SHOP)
    assert caught.value.details == ("orders: the table is empty",)


def test_a_flipped_bit_in_a_raw_file_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    _contracts(tmp_path)
    workspace = write_raw(tmp_path, {"customers": _customers(1), "orders": _orders((1, 1, DAY[0], 5.0, "paid"))})
    for name in ("orders.parquet", "malformed.parquet"):
        path = workspace.raw / name
        good = path.read_bytes()
        path.write_bytes(good[:40] + bytes([good[40] ^ 1]) + good[41:])
        with pytest.raises(LockstepError, match=f"{name}: damaged"):
            run_process(workspace, SHOP)
        path.write_bytes(good)
    run_process(workspace, SHOP)


def test_faults_of_several_contracts_are_told_together(tmp_path: Path) -> None:
    _contracts(tmp_path)
    write_contract(tmp_path, "orders", {"id": {"dtype": "int64", "greter_than": 0}})
    (tmp_path / "contracts" / "customers.yaml").write_text("columns: {a: [")
    workspace = write_raw(tmp_path, {"customers": _customers(1), "orders": _orders()})
    with pytest.raises(LockstepError) as caught:
        run_process(workspace, SHOP)
    assert "orders.yaml: 1 fault" in str(caught.value)
    assert "customers.yaml: not valid YAML" in str(caught.value)


def test_the_manifest_proves_what_was_written(tmp_path: Path) -> None:
    _contracts(tmp_path)
    workspace = write_raw(tmp_path, {"customers": _customers(1), "orders": _orders((1, 1, DAY[3], 5.0, "paid"))})
    run_process(workspace, SHOP)
    manifest = Manifest.read(workspace.processed)
    assert list(manifest.tables) == ["orders", "customers"]
    assert manifest.path(workspace.processed, "orders").is_file()
    assert manifest.tables["orders"].span == (DAY[3], DAY[3])
    assert [path.name for path in workspace.processed.parent.iterdir() if "partial" in path.name] == []


def test_a_full_disk_is_an_error_that_names_the_output_and_leaves_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _contracts(tmp_path)
    workspace = write_raw(tmp_path, {"customers": _customers(1), "orders": _orders((1, 1, DAY[3], 5.0, "paid"))})
    run_process(workspace, SHOP)
    before = contents(workspace.processed)

    def write_to_full_device(*_: object) -> None:
        Path("/dev/full").write_text("x")

    monkeypatch.setattr(process, "write_kept", write_to_full_device)
    with pytest.raises(LockstepError, match="data/processed: the disk is full"):
        run_process(workspace, SHOP)
    assert contents(workspace.processed) == before
    assert not list(workspace.processed.parent.glob("*.partial"))
