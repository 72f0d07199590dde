"""The shop in PostgreSQL: the same rows as in SQLite, all of them or none."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from lockstep.core.errors import LockstepError
from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.pipeline.simulate import loading
from lockstep.pipeline.simulate.database import write
from lockstep.pipeline.simulate.tables import TABLES
from tests.contract.filled_sources import postgres_database

psycopg = pytest.importorskip("psycopg")

SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432"
SPEC = SimulateSpec(customers=1200, months=4)


@pytest.fixture
def url() -> Iterator[str]:
    """A database of its own, dropped afterwards."""
    with postgres_database() as database:
        yield database


def contents(url: str) -> dict[str, Counter]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return {
            table.name: Counter(map(tuple, connection.execute(sa.select(table.definition(sa.MetaData())))))
            for table in TABLES
        }


def tables_in(url: str) -> list[str]:
    return sorted(sa.inspect(sa.create_engine(url, poolclass=sa.NullPool)).get_table_names())


def test_postgresql_and_sqlite_hold_the_same_rows(url: str, tmp_path: Path) -> None:
    assert write(url, SPEC, 7) == write(f"sqlite:///{tmp_path}/shop.db", SPEC, 7)
    assert contents(url) == contents(f"sqlite:///{tmp_path}/shop.db")


def test_times_have_no_zone_and_numbers_are_numbers(url: str) -> None:
    write(url, SimulateSpec(customers=10, months=1), 7)
    columns = sa.inspect(sa.create_engine(url, poolclass=sa.NullPool)).get_columns("orders")
    types = {column["name"]: str(column["type"]) for column in columns}
    assert types["ordered_at"] == "TIMESTAMP"
    assert types["order_id"] == "BIGINT"
    assert types["amount"] == "DOUBLE PRECISION"


def test_copy_writes_the_same_rows_as_plain_inserts(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small = SimulateSpec(customers=200, months=2)
    write(url, small, 7)
    fast = contents(url)
    monkeypatch.setattr(loading, "_FASTEST", {})
    write(url, small, 7, replace=True)
    assert contents(url) == fast


def test_tables_that_are_there_stay_unless_they_are_to_be_replaced(url: str) -> None:
    write(url, SPEC, 7)
    with pytest.raises(LockstepError, match="tables exist already: customers, orders, sessions, tickets"):
        write(url, SPEC, 8)
    write(url, SPEC, 8, replace=True)


def test_a_fault_in_the_middle_leaves_no_table(url: str) -> None:
    def stop(_: int) -> None:
        raise RuntimeError("unplugged")

    with pytest.raises(RuntimeError, match="unplugged"):
        write(url, SPEC, 7, advance=stop)
    assert tables_in(url) == []


def test_a_lost_connection_is_a_message_and_leaves_no_table(url: str) -> None:
    def hang_up(_: int) -> None:
        server = sa.create_engine(f"{SERVER}/postgres", isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with server.connect() as connection:
            connection.execute(
                sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
                {"name": sa.make_url(url).database},
            )

    with pytest.raises(LockstepError, match="the shop was not written"):
        write(url, SPEC, 7, advance=hang_up)
    assert tables_in(url) == []


def test_a_killed_write_leaves_no_table(url: str) -> None:
    code = (
        "from lockstep.params.pipeline.simulate import SimulateSpec\n"
        "from lockstep.pipeline.simulate.database import write\n"
        f"write({url!r}, SimulateSpec(customers=200_000, months=3), 7, advance=lambda n: print(n, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "1000\n"
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert tables_in(url) == []


def test_a_wrong_password_is_a_message_without_it() -> None:
    with pytest.raises(LockstepError) as raised:
        write("postgresql://nobody_of_that_name:geheim99@127.0.0.1:5432/nowhere_of_that_name", SPEC, 7)
    assert "geheim99" not in str(raised.value)
    assert "nowhere_of_that_name" in str(raised.value)
