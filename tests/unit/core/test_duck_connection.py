"""What a DuckDB connection of the project promises."""

import os
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockstep.core.duck import connect, faults_of, parquet, quoted
from lockstep.core.errors import LockstepError


@pytest.mark.parametrize("name", ["a b", 'x"; DROP TABLE t; --', "ü", "select", "'"])
def test_any_name_is_a_name(tmp_path: Path, name: str) -> None:
    with connect(tmp_path) as db:
        assert db.execute(f"SELECT {quoted(name)} FROM (SELECT 1 AS {quoted(name)})").fetchall() == [(1,)]


def test_time_is_utc_in_cursors_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with connect(tmp_path) as db:
        assert db.cursor().execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]


def test_a_python_variable_is_no_table(tmp_path: Path) -> None:
    customers = pa.table({"a": [1]})
    assert customers.num_rows == 1
    with connect(tmp_path) as db, pytest.raises(duckdb.CatalogException):
        db.execute("SELECT * FROM customers")


@pytest.mark.parametrize(("variable", "value"), [("LOCKSTEP_THREADS", "0"), ("LOCKSTEP_MEMORY", "much")])
def test_a_variable_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(LockstepError, match=f"{variable}: expected .*{value}"):
        connect(tmp_path)


def test_the_variables_override(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_THREADS", "3")
    monkeypatch.setenv("LOCKSTEP_MEMORY", "64MiB")
    with connect(tmp_path) as db:
        assert db.execute("SELECT current_setting('threads'), current_setting('memory_limit')").fetchall() == [
            (3, "64.0 MiB")
        ]


def test_exactly_one_file_is_read_whatever_its_path_looks_like(tmp_path: Path) -> None:
    for folder in ("year=2024", "[a]*?'x", "ab'x"):
        (tmp_path / folder).mkdir()
        pq.write_table(pa.table({"v": [folder]}), tmp_path / folder / "t.parquet")
    with connect(tmp_path) as db:
        for folder in ("year=2024", "[a]*?'x"):
            source = parquet(tmp_path / folder / "t.parquet", numbered=True)
            assert db.execute(f"SELECT * FROM {source}").fetchall() == [(folder, 0)]


def test_spill_files_of_killed_processes_go_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    dead = os.fork()
    if dead == 0:
        os._exit(0)
    os.waitpid(dead, 0)
    left, living = (tmp_path / "spill" / f"{pid}-x" for pid in (dead, os.getppid()))
    left.mkdir(parents=True)
    living.mkdir()
    connect(tmp_path).close()
    assert not left.exists()
    assert living.exists()


def test_too_little_memory_and_a_damaged_file_are_faults_of_the_user(tmp_path: Path) -> None:
    pq.write_table(pa.table({"v": list(range(1000))}), tmp_path / "t.parquet")
    data = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(data[: len(data) // 2])
    with connect(tmp_path, memory="1MB") as db:
        with pytest.raises(LockstepError, match="orders: not readable"), faults_of("orders"):
            db.execute(f"SELECT * FROM {parquet(tmp_path / 't.parquet')}")
        with pytest.raises(LockstepError, match="orders: out of memory"), faults_of("orders"):
            db.execute("SELECT list(range) FROM range(1000000)").fetchall()


def test_a_faulty_statement_is_not_taken_for_a_fault_of_the_user(tmp_path: Path) -> None:
    with connect(tmp_path) as db, pytest.raises(duckdb.BinderException), faults_of("orders"):
        db.execute("SELECT nothing FROM range(1)")
