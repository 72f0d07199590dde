"""Several processes at one registry, in SQLite and in PostgreSQL: one wins, the others fail, no update is lost."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from lockstep.core.workspace import Workspace
from lockstep.registry.history import history
from lockstep.registry.promote import Force, promote
from lockstep.registry.register import register
from lockstep.registry.state import champion_of
from tests.contract.filled_sources import SERVER, postgres_database
from tests.integration.registered_workspace import (
    CONTEXT,
    EQUAL,
    GOOD,
    WORSE,
    Made,
    aliases_of,
    put,
    start,
    told,
    versions_of,
    watch,
)
from tests.integration.tracked_workspace import copy_of, embedded

pytestmark = pytest.mark.xdist_group("registry")


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


@pytest.fixture(scope="module")
def filled(versions: Made, empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Workspace]]:
    """A PostgreSQL database with the three versions, and a checkout beside it."""
    with postgres_database() as url, embedded(plain(url)):
        workspace = copy_of(versions.results[GOOD], empty, tmp_path_factory.mktemp("filled") / "shop")
        for result in versions.results.values():
            put(workspace, result)
            register(workspace)
        put(workspace, versions.results[GOOD])
        yield url, workspace


@pytest.fixture(params=["sqlite", "postgres"])
def raced(request: pytest.FixtureRequest) -> Iterator[Workspace]:
    """A checkout whose registry has three versions and no champion."""
    if request.param == "sqlite":
        yield request.getfixturevalue("shop")
        return
    url, workspace = request.getfixturevalue("filled")
    name, copy = url.rpartition("/")[2], f"{url.rpartition('/')[2]}_{os.getpid()}_copy"
    server = sa.create_engine(f"{SERVER}/postgres", isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        connection.execute(sa.text(end), {"name": name})  # a database with guests cannot be copied
        connection.exec_driver_sql(f"CREATE DATABASE {copy} TEMPLATE {name}")
        try:
            with embedded(plain(url) + f"_{os.getpid()}_copy"):
                yield workspace
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {copy} WITH (FORCE)")


def test_of_two_concurrent_promotions_one_wins_and_the_other_fails(raced: Workspace) -> None:
    promote(raced, WORSE, force=Force("the first"))
    barrier = CONTEXT.Barrier(2)
    started = {number: start(raced, "promote", barrier=barrier, number=number) for number in (GOOD, EQUAL)}
    said = {number: one.wait() for number, one in started.items()}
    (winner,) = [number for number, text in said.items() if text == "ok"]
    (loser,) = set(said) - {winner}
    assert said[loser].startswith("OvertakenError: ")
    assert f"promoted version {winner} at" in said[loser]
    assert "this command changed nothing" in said[loser]
    assert told(raced) == [("promote", None, WORSE), ("promote", WORSE, winner)]
    assert aliases_of(raced)["champion"] == winner


def test_of_a_concurrent_promotion_and_rollback_one_wins(raced: Workspace) -> None:
    promote(raced, GOOD)
    promote(raced, EQUAL)
    barrier = CONTEXT.Barrier(2)
    started = [
        start(raced, "rollback", barrier=barrier),
        start(raced, "promote", barrier=barrier, number=WORSE, force=Force("x")),
    ]
    said = [one.wait() for one in started]
    assert sorted(text.partition(":")[0] for text in said) == ["OvertakenError", "ok"]
    number = GOOD if said[0] == "ok" else WORSE
    assert (len(told(raced)), told(raced)[-1][2], aliases_of(raced)["champion"]) == (3, number, number)


def test_two_concurrent_registrations_of_one_result_create_one_version(
    raced: Workspace, versions: Made, tmp_path: Path, empty: Path
) -> None:
    fresh = raced
    if "MLFLOW_TRACKING_URI" not in os.environ:
        fresh = copy_of(versions.results[GOOD], empty, tmp_path / "fresh")
    before = len(versions_of(fresh))
    started = [start(fresh, "register"), start(fresh, "register")]
    assert [one.wait() for one in started] == ["ok", "ok"]
    assert len(versions_of(fresh)) == max(before, 1)
    assert aliases_of(fresh) == {"challenger": GOOD}


def test_readers_never_see_an_alias_that_the_history_does_not_explain(raced: Workspace) -> None:
    stop = CONTEXT.Event()
    readers = [watch(raced, stop) for _ in range(2)]
    for number in (GOOD, EQUAL, WORSE) * 2:
        promote(raced, number, force=Force("in turn"))
    stop.set()
    said = [reader.wait() for reader in readers]
    assert all(text.startswith("saw ") for text in said), said
    assert sum(int(text.split()[1]) for text in said) > 3, said
    found = history(raced)
    assert found.aliases["champion"] == champion_of(found.entries) == WORSE
    assert len(found.entries) == 6
