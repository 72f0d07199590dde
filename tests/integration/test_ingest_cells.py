"""Cells that do not fit: null in the raw table, told in malformed.parquet, never a crash."""

import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from tests.contract.filled_sources import Filled, Table, postgres_database, source

SPEC = {"kind": "event", "key": "id", "entity": "id", "time": "at"}
CONTRACT = {"id": "int64", "at": "datetime64[us]", "amount": "float64", "paid": "bool", "note": "str"}
TABLES = {"orders": Table({}, [], spec=SPEC, contract=CONTRACT)}


def write_contract(filled: Filled) -> None:
    filled.workspace.contracts.mkdir(exist_ok=True)
    lines = [f"  {name}: {{dtype: '{dtype}', nullable: true}}" for name, dtype in CONTRACT.items()]
    (filled.workspace.contracts / "orders.yaml").write_text("\n".join(["columns:", *lines, ""]), encoding="utf-8")


def rows_of(filled: Filled) -> list[tuple]:
    return [tuple(row.values()) for row in filled.raw("orders").to_pylist()]


@pytest.mark.parametrize("kind", ["sqlite", "sqlite_cursor"])
def test_sqlite_may_hold_anything_anywhere(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with source(kind, tmp_path, monkeypatch) as filled:
        write_contract(filled)
        with sqlite3.connect(tmp_path / "it's a shop.db") as connection:
            connection.execute(
                "CREATE TABLE orders (id INTEGER, at DATETIME, amount FLOAT, paid BOOLEAN, note VARCHAR)"
            )
            connection.executemany(
                "INSERT INTO orders VALUES (?, ?, ?, ?, ?)",
                [
                    (1, "2024-01-01 10:00:00", 1, 1, "fine"),
                    (2, "2024-01-01T10:00:00.5Z", "free", "yes", 12),
                    (3, "2024-01-01 10:00:00+02:00", "12,50", 2, b"a blob of text"),
                    (4, "2024-01-01", float("inf"), 0.5, b"\xff\xfe"),
                    (5, 1704103200, None, "x", None),
                    (6, "yesterday", "nan", None, ""),
                    (7.5, None, b"\x00", True, "1.50"),
                    ("eight", "2024-02-30", 1e308, False, "ä"),
                    (9, "9999-12-31T23:59", "1e400", "FALSE", "nul \x00 inside"),
                ],
            )
            connection.execute("INSERT INTO orders VALUES (10, '2024-01-01', 2, 1, CAST(x'ff41' AS TEXT))")
        filled.ingest(TABLES, as_of="2024-06-01")
        assert rows_of(filled) == [
            (None, None, None, True, "1.50"),
            (None, None, 1e308, False, "ä"),
            (1, datetime(2024, 1, 1, 10), 1.0, True, "fine"),
            (2, datetime(2024, 1, 1, 10, 0, 0, 500000), None, True, "12"),
            (3, datetime(2024, 1, 1, 8), None, None, "a blob of text"),
            (4, datetime(2024, 1, 1), None, None, None),
            (5, None, None, None, None),
            (6, None, None, None, ""),
            (10, datetime(2024, 1, 1), 2.0, True, None),
        ]
        assert [cell[1:] for cell in filled.malformed()] == [
            (0, "id", "7.5"),
            (0, "amount", "\x00"),
            (1, "id", "eight"),
            (1, "at", "2024-02-30"),
            (3, "amount", "free"),
            (4, "amount", "12,50"),
            (4, "paid", "2"),
            (5, "amount", "inf"),
            (5, "paid", "0.5"),
            (5, "note", "\\xff\\xfe"),
            (6, "at", "1704103200"),
            (6, "paid", "x"),
            (7, "at", "yesterday"),
            (8, "note", "\\xffA"),
        ]


@pytest.mark.parametrize("kind", ["postgres", "postgres_cursor"])
def test_postgresql_has_values_that_no_contract_has(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with source(kind, tmp_path, monkeypatch) as filled:
        write_contract(filled)
        engine = sa.create_engine(filled.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TYPE mood AS ENUM ('good', 'bad')")
            connection.exec_driver_sql("CREATE DOMAIN cents AS numeric(30, 10)")
            connection.exec_driver_sql("SET TIME ZONE 'Asia/Tokyo'")
            connection.exec_driver_sql(
                "CREATE TABLE orders (id smallint, at timestamptz, amount cents, paid bool, note mood)"
            )
            connection.exec_driver_sql(
                "INSERT INTO orders VALUES (1, '2024-01-01 10:00:00+02', 12.5, true, 'good'),"
                " (2, 'infinity', 'NaN', null, null),"
                " (3, '0044-03-15 00:00:00+00 BC', 0.1, false, 'bad'), (4, '2024-06-01 00:00:00+00', 1, true, 'good'),"
                " (5, '2024-06-01 00:00:00+02', 2, true, 'bad')"
            )
        filled.ingest(TABLES, as_of="2024-06-01")
        assert rows_of(filled) == [
            (1, datetime(2024, 1, 1, 8), 12.5, True, "good"),
            (2, None, None, None, None),
            (3, None, 0.1, False, "bad"),
            (5, datetime(2024, 5, 31, 22), 2.0, True, "bad"),
        ]
        assert [cell[1:] for cell in filled.malformed()] == [
            (1, "at", "infinity"),
            (2, "at", "0044-03-15 00:00:00+00 BC"),
        ]


@pytest.mark.parametrize(("kind", "sql"), [
    ("postgres", "SELECT n AS id, CASE n WHEN 9000 THEN 'infinity' ELSE timestamp '2024-01-01' END AS at"),
    ("postgres", "SELECT n AS id, CASE n WHEN 9000 THEN '-infinity' ELSE date '2024-01-01' END AS at"),
    ("sqlite", "SELECT n AS id, CASE n WHEN 90000 THEN x'ff' ELSE '2024-01-01' END AS at"),
])  # fmt: skip
def test_one_odd_cell_far_down_is_found_and_costs_no_other(
    kind: str, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = {
        "postgres": f"CREATE TABLE orders AS {sql} FROM generate_series(1, 200000) n",
        "sqlite": "CREATE TABLE orders AS WITH RECURSIVE t(n) AS"
        f" (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 200000) {sql} FROM t",
    }
    with source(kind, tmp_path, monkeypatch) as filled:
        contract = {"id": "int64", "at": "datetime64[us]"}
        filled.put({})
        filled.workspace.contracts.mkdir(exist_ok=True)
        text = "columns:\n" + "".join(
            f"  {name}: {{dtype: '{dtype}', nullable: true}}\n" for name, dtype in contract.items()
        )
        (filled.workspace.contracts / "orders.yaml").write_text(text, encoding="utf-8")
        with sa.create_engine(filled.url, poolclass=sa.NullPool).begin() as connection:
            connection.exec_driver_sql(numbers[kind])
        assert filled.ingest(TABLES).tables["orders"].rows == 200000
        assert len(filled.malformed()) == 1


def test_a_table_of_a_schema_and_a_view_can_be_read(tmp_path: Path) -> None:
    with postgres_database() as url:
        filled = Filled(url, Workspace(tmp_path))
        write_contract(filled)
        with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
            connection.exec_driver_sql('CREATE SCHEMA "s p"')
            connection.exec_driver_sql('CREATE VIEW "s p"."o.k" AS SELECT 1 AS id, date \'2024-01-01\' AS at,'
                                       " 1::real AS amount, true AS paid, 'x'::char(3) AS note")  # fmt: skip
        tables = {"orders": Table({}, [], spec={**SPEC, "table": "s p.o.k"})}
        with pytest.raises(LockstepError):  # the schema is what stands before the last point
            filled.ingest(tables)
        with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
            connection.exec_driver_sql('ALTER VIEW "s p"."o.k" RENAME TO ok')
        filled.ingest({"orders": Table({}, [], spec={**SPEC, "table": "s p.ok"})})
        assert rows_of(filled) == [(1, datetime(2024, 1, 1), 1.0, True, "x")]


def csv_source(tmp_path: Path, text: bytes, **file: object) -> tuple[Filled, dict[str, Table]]:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "orders.csv").write_bytes(text)
    filled = Filled("t", Workspace(tmp_path))
    write_contract(filled)
    return filled, {"orders": Table({}, [], spec={**SPEC, **({"file": file} if file else {})})}


def test_cells_of_a_text_file_that_do_not_fit_are_reported(tmp_path: Path) -> None:
    filled, tables = csv_source(
        tmp_path,
        b"\xef\xbb\xbfid,at,amount,paid,note\r\n"
        b'1,2024-01-01,1e3,t,"two\r\nlines, and ""quotes"""\r\n'
        b"2.0, 2024-01-02 03:04 , 1.5 ,no,  padded \r\n"
        b"3.5,01/02/2024,abc,maybe,\r\n"
        b"99999999999999999999,2024-01-01 10:00:00 +0100,nan, ,\xe2\x98\x83\r\n"
        b"0x10,2024-1-5,1_000,1,=1+1\r\n",
    )
    filled.ingest(tables)
    assert rows_of(filled) == [
        (None, None, None, None, None),
        (None, None, None, True, "=1+1"),
        (None, datetime(2024, 1, 1, 9), None, None, "☃"),
        (1, datetime(2024, 1, 1), 1000.0, True, 'two\r\nlines, and "quotes"'),
        (2, datetime(2024, 1, 2, 3, 4), 1.5, False, "  padded "),
    ]
    assert [cell[1:] for cell in filled.malformed()] == [
        (0, "id", "3.5"),
        (0, "at", "01/02/2024"),
        (0, "amount", "abc"),
        (0, "paid", "maybe"),
        (1, "id", "0x10"),
        (1, "at", "2024-1-5"),
        (1, "amount", "1_000"),
        (2, "id", "99999999999999999999"),
    ]


def test_columns_may_be_set_apart_by_runs_of_blanks_and_have_no_names(tmp_path: Path) -> None:
    text = b"  1  20240101   1.5 yes a\r\n2 20240230 2.0  no\tb \r\n   3 20240103 3 NA c"
    file = {"delimiter": " ", "header": False, "columns": ["id", "at", "amount", "paid", "note"]}
    filled, tables = csv_source(tmp_path, text, **file, date_format="%Y%m%d", nulls=["NA"])
    filled.ingest(tables)
    assert rows_of(filled) == [
        (1, datetime(2024, 1, 1), 1.5, True, "a"),
        (2, None, 2.0, False, "b"),
        (3, datetime(2024, 1, 3), 3.0, None, "c"),
    ]
    assert filled.malformed() == [("orders", 1, "at", "20240230")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "the file is empty"),
        (
            b"id,at,amount,paid,note\n1,2024-01-01,1,1,x\n2,2024-01-01,1,1\n",
            "row 3 of the file: Expected 5 columns, got 4",
        ),
        (b"id,at,amount,paid,note\n1,2024-01-01,1,1,\xff\xfe\n", "UTF8"),
        (b"id,at,amount,paid,note,id\n1,2024-01-01,1,1,x,2\n", "id"),
    ],
)
def test_a_text_file_that_is_no_table_is_told_with_its_place(text: bytes, said: str, tmp_path: Path) -> None:
    filled, tables = csv_source(tmp_path, text)
    with pytest.raises(LockstepError) as caught:
        filled.ingest(tables)
    assert said in str(caught.value)
    assert "orders.csv" in str(caught.value)


def test_a_date_format_that_is_none_is_reported(tmp_path: Path) -> None:
    filled, tables = csv_source(tmp_path, b"id,at,amount,paid,note\n1,2024-01-01,1,1,x\n", date_format="%Y-%Q")
    with pytest.raises(LockstepError, match=r"source\.tables\.orders\.file\.date_format"):
        filled.ingest(tables)


def test_a_damaged_parquet_file_is_told_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with source("parquet", tmp_path, monkeypatch) as filled:
        write_contract(filled)
        (tmp_path / "tables" / "orders.parquet").write_bytes(b"PAR1 not PAR1")
        with pytest.raises(LockstepError, match=r"orders\.parquet: not readable as Parquet"):
            filled.ingest(TABLES)
