"""Drafts of contracts: from data alone, deterministic, and loadable."""

import sqlite3
from pathlib import Path

import pytest

from lockstep.core.errors import LockstepError
from lockstep.core.progress import Progress
from lockstep.core.spec import read_document
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.source import SourceSpec
from lockstep.pipeline.process.checks import load_contract
from lockstep.tables.contract import read_columns
from lockstep.workbench.contracts.draft import ColumnFacts, TableFacts, draft
from lockstep.workbench.contracts.infer import infer

HOSTILE = 'no: "x"; DROP TABLE t; -- <script> #'


def drafted(tmp_path: Path, text: str, file: dict | None = None, **table: object) -> dict:
    (tmp_path / "people.csv").write_text(text, encoding="utf-8")
    spec = {"kind": "flat", "key": "id", "file": {"path": "people.csv", **(file or {})}, **table}
    source = SourceSpec.model_validate({"url": ".", "as_of": "2024-02-01", "tables": {"people": spec}})
    [path] = infer(source, Workspace(tmp_path), Progress("test"), force=True)
    load_contract(path)
    assert infer(source, Workspace(tmp_path), Progress("test"), force=True) == [path]
    return read_document(path)["columns"]


def test_types_come_from_the_cells_of_a_text_file(tmp_path: Path) -> None:
    columns = drafted(
        tmp_path,
        "id,zip,height,born,smokes,says,nothing\n"
        "1,01234,1,2024-01-01,true,yes,\n2,12345,1.5,2024-01-02T10:00Z,FALSE,no,\n3,00001,,2024-01-03,true,yes,\n",
    )
    assert {name: column["dtype"] for name, column in columns.items()} == {
        "id": "int64", "zip": "str", "height": "float64", "born": "datetime64[us]", "smokes": "bool", "says": "str",
        "nothing": "str",
    }  # fmt: skip
    assert [name for name, column in columns.items() if column.get("nullable")] == ["height", "nothing"]
    assert columns["id"]["unique"] is True


def test_few_categories_seen_often_are_listed_and_no_number_has_an_upper_bound(tmp_path: Path) -> None:
    rows = [f"{n},{'ab'[n % 2]},{n},u{n}" for n in range(60)]
    columns = drafted(tmp_path, "\n".join(["id,plan,age,name", *rows]))
    assert columns["plan"]["isin"] == ["a", "b"]
    assert columns["age"] == {"dtype": "int64", "greater_than_or_equal_to": 0}
    assert columns["name"] == {"dtype": "str"}


def test_a_little_dirt_does_not_change_the_draft_and_is_reported(tmp_path: Path) -> None:
    rows = [f"{n},{n or 'abc'},{n - 1}" for n in range(200)]
    columns = drafted(tmp_path, "\n".join(["id,amount,balance", *rows]))
    assert columns["amount"]["dtype"] == "int64"
    assert columns["balance"]["greater_than_or_equal_to"] == 0
    text = (tmp_path / "contracts" / "people.yaml").read_text(encoding="utf-8")
    assert "1 cells are not" in text
    assert "1 are negative" in text


def test_nothing_at_or_after_as_of_is_read(tmp_path: Path) -> None:
    text = "id,at,plan\n" + "".join(f"{n},2024-01-{1 + n % 28:02},a\n" for n in range(40)) + "99,2024-02-01,new\n"
    columns = drafted(tmp_path, text, kind="event", entity="id", time="at")
    assert columns["plan"]["isin"] == ["a"]


def test_names_and_categories_are_data(tmp_path: Path) -> None:
    header = '"' + HOSTILE.replace('"', '""') + '"'
    rows = [f"{n},{header}" for n in range(40)]
    columns = drafted(tmp_path, "\n".join([f"id,{header}", *rows]))
    assert columns[HOSTILE]["isin"] == [HOSTILE]


def test_sqlite_columns_are_drafted_as_they_are_declared(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE people (id INTEGER, amount FLOAT, at DATETIME, code VARCHAR, paid BOOLEAN)")
        connection.execute("INSERT INTO people VALUES (1, 5.0, '2024-01-01', '7', 1), (2, 'x', NULL, '8', 0)")
    table = {"kind": "event", "entity": "id", "key": "id", "time": "at"}
    source = SourceSpec.model_validate({"url": "sqlite:///shop.db", "as_of": "2025-01-01", "tables": {"people": table}})
    [path] = infer(source, Workspace(tmp_path), Progress("test"))
    found = {column.name: column.type for column in read_columns(path)}
    assert found == {"id": "int64", "amount": "string", "at": "datetime", "code": "string", "paid": "bool"}


def test_an_existing_contract_is_overwritten_only_with_force(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "people.yaml").write_text("mine")
    (tmp_path / "people.csv").write_text("id\n1\n")
    source = SourceSpec.model_validate({"url": ".", "tables": {"people": {"kind": "flat", "key": "id"}}})
    with pytest.raises(LockstepError, match="--force"):
        infer(source, Workspace(tmp_path), Progress("test"))
    assert (tmp_path / "contracts" / "people.yaml").read_text() == "mine"


def test_missing_tables_and_columns_are_reported(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id\n1\n")
    source = SourceSpec.model_validate({"url": ".", "tables": {"people": {"kind": "flat", "key": "idd"}}})
    with pytest.raises(LockstepError, match="did you mean 'people'"):
        infer(source, Workspace(tmp_path), Progress("test"), ("peopel",))
    with pytest.raises(LockstepError, match="did you mean 'id'"):
        infer(source, Workspace(tmp_path), Progress("test"))


def test_a_draft_is_a_function_of_what_was_seen() -> None:
    seen = TableFacts("t", 100, "k", (ColumnFacts("k", "int64", 100, 0, 0, distinct=98),), ("shape",))
    assert draft(seen).splitlines()[2:] == [
        "# Left out: shape, of a type that no contract has.",
        "schema_type: dataframe",
        "api: pandas",
        "name: t",
        "columns:",
        "  k:",
        "    dtype: int64",
        "    unique: true  # 2 rows repeat one",
    ]
