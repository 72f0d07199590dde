"""What may go wrong between here and a database: tried again, or told; no secret shown, nothing half-written."""

import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml

from lockstep.core.errors import LockstepError
from lockstep.core.files import sha256
from lockstep.core.progress import Advance, Progress
from lockstep.core.workspace import Workspace
from lockstep.pipeline.ingest import extract as extraction
from lockstep.pipeline.ingest.sources import engine
from tests import commands
from tests.contract.filled_sources import Filled, Table, source

ROOT = Path(__file__).parents[2]
COLUMNS = {"id": "int", "at": "time"}
ROWS = [(n, datetime(2024, 1, 1 + n % 28)) for n in range(100)]
SECRET = "s3cret/p@ss%word"


class Meddling(Progress):
    """Does something, once, when the second table begins to be read."""

    def __init__(self, meddle: object) -> None:
        super().__init__("test")
        self._meddle = meddle

    @contextmanager
    def bar(self, label: str, total: int | None) -> Iterator[Advance]:
        if label == "visits" and self._meddle:
            meddle, self._meddle = self._meddle, None
            meddle()
        with super().bar(label, total) as advance:
            yield advance


def two_tables() -> dict[str, Table]:
    return {"orders": Table(COLUMNS, ROWS), "visits": Table(COLUMNS, ROWS)}


@pytest.mark.parametrize("kind", ["sqlite", "sqlite_cursor", "postgres", "postgres_cursor"])
def test_all_tables_are_of_the_same_moment_while_others_write(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with source(kind, tmp_path, monkeypatch) as filled:
        tables = two_tables()
        filled.put(tables)
        database = sa.create_engine(filled.url, poolclass=sa.NullPool)
        if kind.startswith("sqlite"):
            with database.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")

        def write() -> None:
            with database.begin() as connection:
                for name in tables:
                    connection.exec_driver_sql(f"DELETE FROM {name} WHERE id < 50")

        manifest = filled.ingest(tables, progress=Meddling(write))
        assert [manifest.tables[name].rows for name in tables] == [100, 100]
        with database.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM visits").scalar() == 50


@pytest.mark.parametrize("kind", ["postgres", "postgres_cursor"])
def test_a_connection_that_breaks_off_is_made_again(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with source(kind, tmp_path, monkeypatch) as filled:
        tables = two_tables()
        filled.put(tables)

        def cut() -> None:
            with sa.create_engine(filled.url, poolclass=sa.NullPool).connect() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

        manifest = filled.ingest(tables, progress=Meddling(cut))
        assert [manifest.tables[name].rows for name in tables] == [100, 100]
        assert "connection failed, attempt 2" in capsys.readouterr().err


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_a_server_that_is_not_there_is_tried_a_few_times_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", SECRET)
    url = f"postgresql://someone:${{SHOP_PASSWORD}}@127.0.0.1:{free_port()}/shop"
    filled = Filled(url, Workspace(tmp_path))
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "orders.yaml").write_text("columns: {id: {dtype: int64}, at: {dtype: datetime}}")
    started = time.monotonic()
    with pytest.raises(LockstepError, match="connection failed") as caught:
        filled.ingest({"orders": Table(COLUMNS, [])})
    assert time.monotonic() - started < 10
    assert "refused" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert capsys.readouterr().err.count("attempt") == extraction.ATTEMPTS - 1
    assert not (tmp_path / "data" / "raw").exists()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A PostgreSQL server of its own that asks for passwords."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found or os.getuid() != 0 or not shutil.which("runuser"):
        pytest.skip("no PostgreSQL programs that can be run as the user postgres")
    home, port = Path(tmp_path_factory.mktemp("postgres")), free_port()
    (home / "password").write_text(SECRET)
    for folder in (home, *home.parents):
        if folder != Path("/") and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o755)
    shutil.chown(home, "postgres")

    def run(program: str, *arguments: str) -> None:
        command = ["runuser", "-u", "postgres", "--", str(found[-1].parent / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=home)

    data = str(home / "data")
    run("initdb", "-D", data, "-A", "scram-sha-256", "-U", "owner", f"--pwfile={home / 'password'}", "--no-sync")
    options = f"-p {port} -c unix_socket_directories= -c listen_addresses=127.0.0.1 -c fsync=off -c lc_messages=C"
    run("pg_ctl", "-D", data, "-o", options, "-l", str(home / "log"), "-w", "start")
    yield port
    run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def project(tmp_path: Path, url: str) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["source"]["url"] = url
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts", dirs_exist_ok=True)


def lockstep(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return commands.run(["lockstep", *arguments], cwd, os.environ | environment, timeout=60)


def test_a_password_may_hold_any_character(server: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", SECRET)
    filled = Filled(f"postgresql://owner:${{SHOP_PASSWORD}}@127.0.0.1:{server}/postgres", Workspace(tmp_path))
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "orders.yaml").write_text("columns: {id: {dtype: int64}, at: {dtype: datetime}}")
    with pytest.raises(LockstepError) as caught:
        filled.ingest({"orders": Table(COLUMNS, [])})
    assert caught.value.details == ("no table 'orders' in " + filled.url,)


def everything_in(folder: Path) -> str:
    return "".join(path.read_bytes().decode(errors="replace") for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://owner:${SHOP_SECRET}@127.0.0.1:{port}/shop",
        "${SHOP_SECRET}",
        "postgresql+psycopg://owner@127.0.0.1:{port}/shop?password=${SHOP_SECRET}",
    ],
)
def test_a_wrong_password_is_told_at_once_and_never_shown(url: str, server: int, tmp_path: Path) -> None:
    project(tmp_path, url.replace("{port}", str(server)))
    secret = "wr0ng-Pa55" if "@" in url else f"postgresql://owner:wr0ng-Pa55@127.0.0.1:{server}/shop"
    result = lockstep("stage", "ingest", cwd=tmp_path, SHOP_SECRET=secret)
    assert result.returncode == 2, result.stderr
    assert "password authentication failed" in result.stderr
    assert "attempt" not in result.stderr
    for shown in (result.stdout, result.stderr, everything_in(tmp_path)):
        assert "wr0ng-Pa55" not in shown
        assert secret not in shown
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "data" / "raw").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense+driver://me:${SHOP_SECRET}@host/shop", "SQLAlchemy knows no database"),
        ("mysql+pymysql://me:${SHOP_SECRET}@host/shop", "no driver for mysql+pymysql"),
        ("postgresql://me:${SHOP_SECRET}@host:port/shop", "expected an SQLAlchemy URL"),
        ("sqlite:///nowhere/${SHOP_SECRET}.db", "sqlite:///nowhere/${SHOP_SECRET}.db: no such file"),
        ("sqlite://", "expected a file"),
        ("nowhere/${SHOP_SECRET}", "nowhere/${SHOP_SECRET}: no such file or folder"),
        ("sqlite:///${SHOP_NOTHING}.db", "SHOP_NOTHING"),
    ],
)
def test_a_url_that_leads_nowhere_is_told_as_it_stands_in_params(url: str, said: str, tmp_path: Path) -> None:
    project(tmp_path, url)
    result = lockstep("stage", "ingest", cwd=tmp_path, SHOP_SECRET=SECRET)
    assert result.returncode == 2, result.stderr
    assert said in result.stderr
    for shown in (result.stderr, everything_in(tmp_path)):
        assert SECRET not in shown


def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    project(tmp_path, "sqlite:///shop.db")
    (tmp_path / "shop.db").write_bytes(b"no database " * 1000)
    result = lockstep("stage", "ingest", cwd=tmp_path)
    assert result.returncode == 2
    assert "file is not a database" in result.stderr


def test_without_contracts_the_command_that_drafts_them_is_named(tmp_path: Path) -> None:
    project(tmp_path, "sqlite:///shop.db")
    shutil.rmtree(tmp_path / "contracts")
    result = lockstep("stage", "ingest", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.count("lockstep contracts infer") == 4


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with a table that takes a while to read."""
    project(tmp_path, "sqlite:///shop.db")
    params = yaml.safe_load((tmp_path / "params.yaml").read_text(encoding="utf-8"))
    params["source"]["as_of"] = "2050-01-01"
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    result = lockstep("simulate", "--to", f"sqlite:///{tmp_path}/shop.db", "--customers", "3000", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    return tmp_path


def test_after_kill_nothing_looks_finished_and_the_next_run_gives_the_same_bytes(shop: Path) -> None:
    assert lockstep("stage", "ingest", cwd=shop).returncode == 0
    good = {path.name: sha256(path) for path in (shop / "data" / "raw").iterdir()}
    shutil.rmtree(shop / "data" / "raw")
    command = [sys.executable, "-c", "from lockstep.cli import main; main()", "stage", "ingest"]
    partial = shop / "data" / ".raw.partial"
    with subprocess.Popen(command, cwd=shop, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while not list(partial.glob("*.parquet")) and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert partial.exists()
    assert not (shop / "data" / "raw").exists()
    assert lockstep("stage", "ingest", cwd=shop).returncode == 0
    assert {path.name: sha256(path) for path in (shop / "data" / "raw").iterdir()} == good
    assert not partial.exists()


def test_a_full_disk_is_told_and_the_last_good_output_stays(shop: Path) -> None:
    assert lockstep("stage", "ingest", cwd=shop).returncode == 0
    good = {path.name: sha256(path) for path in (shop / "data" / "raw").iterdir()}
    limit = max(path.stat().st_size for path in (shop / "data" / "raw").iterdir()) // 2

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-c", "from lockstep.cli import main; main()", "stage", "ingest"]
    result = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=False, preexec_fn=little_room)
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert "File too large" in result.stderr
    assert {path.name: sha256(path) for path in (shop / "data" / "raw").iterdir()} == good


def test_a_database_that_is_locked_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with source("sqlite", tmp_path, monkeypatch) as filled:
        tables = {"orders": Table(COLUMNS, ROWS)}
        filled.put(tables)
        with sqlite3.connect(tmp_path / "it's a shop.db") as writer:
            writer.execute("BEGIN EXCLUSIVE")
            monkeypatch.setattr(engine, "LOCKED", 0)
            with pytest.raises(LockstepError, match="database is locked"):
                filled.ingest(tables)
