"""The shop in a database: written whole or not at all, and no secret in a message."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lockstep import cli
from lockstep.core.errors import LockstepError
from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.pipeline.simulate import loading, sqlite_file
from lockstep.pipeline.simulate.database import write
from lockstep.pipeline.simulate.tables import TABLES

SPEC = SimulateSpec(customers=300, months=3)


def contents(path: Path) -> dict[str, list[tuple]]:
    with sqlite3.connect(path) as connection:
        return {table.name: connection.execute(f'SELECT * FROM "{table.name}"').fetchall() for table in TABLES}


def tables_in(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM sqlite_master ORDER BY name")]


def test_what_is_written_is_counted(tmp_path: Path) -> None:
    written = write(f"sqlite:///{tmp_path}/shop.db", SPEC, 7)
    assert {name: len(rows) for name, rows in contents(tmp_path / "shop.db").items()} == {
        name: table.rows for name, table in written.items()
    }
    assert written["customers"].rows == 300 + sum(written["customers"].dirt.values())


def test_the_plain_way_writes_the_same_rows_as_the_fast_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(f"sqlite:///{tmp_path}/fast.db", SPEC, 7)
    monkeypatch.setattr(loading, "_FASTEST", {})
    write(f"sqlite:///{tmp_path}/plain.db", SPEC, 7)
    assert contents(tmp_path / "fast.db") == contents(tmp_path / "plain.db")


def test_tables_that_are_there_stay_unless_they_are_to_be_replaced(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    write(url, SPEC, 7)
    before = contents(tmp_path / "shop.db")
    with pytest.raises(LockstepError, match="customers, orders, sessions, tickets") as raised:
        write(url, SPEC, 8)
    assert "--replace" in str(raised.value)
    assert contents(tmp_path / "shop.db") == before
    write(url, SPEC, 8, replace=True)
    assert contents(tmp_path / "shop.db") != before


def test_other_tables_of_the_database_are_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE invoices (number INTEGER)")
        connection.execute("CREATE TABLE orders (old INTEGER)")
    write(f"sqlite:///{tmp_path}/shop.db", SPEC, 7, replace=True)
    assert tables_in(tmp_path / "shop.db") == ["customers", "invoices", "orders", "sessions", "tickets"]


def test_a_failed_replacement_keeps_the_old_rows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    write(url, SPEC, 7)
    before = contents(tmp_path / "shop.db")

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(url, SPEC, 8, replace=True, advance=stop)
    assert contents(tmp_path / "shop.db") == before


def test_a_killed_write_leaves_no_table(tmp_path: Path) -> None:
    code = (
        "from lockstep.params.pipeline.simulate import SimulateSpec\n"
        "from lockstep.pipeline.simulate.database import write\n"
        "spec = SimulateSpec(customers=200_000, months=3)\n"
        f"write('sqlite:///{tmp_path}/shop.db', spec, 7, advance=lambda n: print(n, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        for _ in range(3):
            assert process.stdout.readline() == "1000\n"
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert tables_in(tmp_path / "shop.db") == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:////no/such/folder/shop.db", "unable to open database file"),
        ("postgresql://me:geheim99@127.0.0.1:1/shop", "onnection refused"),
        ("postgresql://me@127.0.0.1:1/shop?password=geheim99", "onnection refused"),
        ("postgresql://me:geheim99@host:port/shop", "not a database URL"),
        ("nonsense:geheim99", "not a database URL"),
        ("papyrus://me:geheim99@host/shop", "SQLAlchemy knows no database 'papyrus'"),
        ("oracle://me:geheim99@host/shop", "driver cx_Oracle is not installed"),
    ],
)
def test_a_bad_url_is_a_message_without_the_password(
    url: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["lockstep", "simulate", "--to", url, "--customers", "1"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    told = capsys.readouterr()
    assert stopped.value.code == 2
    assert said in told.err
    assert "geheim99" not in told.err + told.out
    assert "Traceback" not in told.err


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, but long enough to look like one " * 40)
    with pytest.raises(LockstepError, match="not written"):
        write(f"sqlite:///{tmp_path}/notes.txt", SPEC, 7)
    assert (tmp_path / "notes.txt").read_text().startswith("not a database")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--customers", "0"], "customers: expected greater than or equal to 1; got 0"),
        (["--months", "1000"], "months: expected less than or equal to 120; got 1000"),
        (["--start", "tomorrow"], "start: expected a date such as 2024-01-31; got 'tomorrow'"),
    ],
)
def test_a_size_out_of_range_is_reported_before_anything_is_opened(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["lockstep", "simulate", "--to", f"sqlite:///{tmp_path}/shop.db", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_command_reports_what_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = f"sqlite:///{tmp_path}/shop.db"
    monkeypatch.setattr(sys, "argv", ["lockstep", "simulate", "--to", target, "--customers", "300", "--months", "3"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 0
    orders = len(contents(tmp_path / "shop.db")["orders"])
    assert f"orders {orders:>12,} rows" in capsys.readouterr().out


def test_the_file_does_not_tell_which_sqlite_wrote_it(tmp_path: Path) -> None:
    sqlite_file.write_file(tmp_path / "shop.db", SimulateSpec(customers=1000, months=6), 7)
    written = (tmp_path / "shop.db").read_bytes()
    assert written[24:28] == written[92:96] == (1).to_bytes(4, "big")
    assert written[96:100] == sqlite_file.SOME_VERSION.to_bytes(4, "big")
    assert [path.name for path in tmp_path.iterdir()] == ["shop.db"]
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_stale_bytes_between_the_cells_of_a_page_are_cleared(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    sqlite_file.write_file(path, SimulateSpec(customers=1000, months=6), 7)
    written = path.read_bytes()
    soiled = bytearray(written)
    # The last page of a table is seldom full: between its list of cells and its first cell is room.
    pages = range(4096, len(soiled), 4096)
    page, first, last = next(
        (place, first, last)
        for place in pages
        for first in [place + 8 + 2 * int.from_bytes(soiled[place + 3 : place + 5], "big")]
        for last in [place + int.from_bytes(soiled[place + 5 : place + 7], "big")]
        if soiled[place] == 13 and last - first > 4
    )
    assert page
    soiled[first:last] = b"x" * (last - first)
    path.write_bytes(soiled)
    sqlite_file._seal(path)
    assert path.read_bytes() == written
