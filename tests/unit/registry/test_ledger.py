"""The ledger is append-only: tampering is detected, and of two concurrent writers the second fails."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lockstep.core.errors import LockstepError
from lockstep.core.source_url import Location
from lockstep.pipeline.track.backend import TrackingDownError
from lockstep.registry.ledger import Entry, Ledger, OvertakenError
from tests.contract.filled_sources import postgres_database

MODEL = "churn of _script_-1"
SAME = "at, who, action, version_from, version_to, version_digest, why, forced, decision, digest"
STRANGE = [
    'it\'s "quoted" -- ; DROP TABLE lockstep_ledger',
    "two\nlines\r\n\ttabs",
    "🙂 ﷽ \u202e",
    "x" * 10_000,
    "${HOME} %s {0} [red]",
    "",
]


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgres_database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path}/l.db" if request.param == "sqlite" else request.getfixturevalue("postgres")
    opened = Ledger.open(Location(url, "here"))
    yield opened
    with opened.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE lockstep_ledger")


def entry(number: int, **changes: Any) -> Entry:
    given = {"at": "2026-01-02T03:04:05+00:00", "who": "ann", "action": "promote", "version_from": None}
    return Entry(**{"model": MODEL, "number": number, "version_to": number} | given | changes)


def fill(ledger: Ledger, count: int) -> list[Entry]:
    written: list[Entry] = []
    for number in range(1, count + 1):
        written.append(ledger.append(entry(number, version_from=number - 1 or None), written))
    return written


def execute(ledger: Ledger, statement: str) -> None:
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_entries_are_read_in_order(ledger: Ledger) -> None:
    written = fill(ledger, 3)
    assert ledger.read(MODEL) == written
    assert ledger.read("another") == []
    assert len({one.digest for one in written}) == 3


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_texts_are_read_back_unchanged(ledger: Ledger, text: str) -> None:
    ledger.append(entry(1, why=text, who=text, decision=f'["{len(text)}"]'), [])
    (found,) = ledger.read(MODEL)
    assert (found.why, found.who) == (text, text)


def test_characters_that_no_database_stores_are_escaped(ledger: Ledger) -> None:
    ledger.append(entry(1, why="a\0b\udcffc"), [])
    (found,) = ledger.read(MODEL)
    assert found.why == "a\\0b\\udcffc"


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE lockstep_ledger SET who = 'eve' WHERE number = 2", 2),
        ("UPDATE lockstep_ledger SET version_to = 9 WHERE number = 3", 3),
        ("UPDATE lockstep_ledger SET version_from = NULL WHERE number = 2", 2),
        ("UPDATE lockstep_ledger SET why = 'because' WHERE number = 1", 1),
        ("UPDATE lockstep_ledger SET forced = true WHERE number = 1", 1),
        ("UPDATE lockstep_ledger SET at = '2020-01-02T03:04:05+00:00' WHERE number = 1", 1),
        ("UPDATE lockstep_ledger SET decision = '[\"ok: fine\"]' WHERE number = 2", 2),
        ("DELETE FROM lockstep_ledger WHERE number = 1", 1),
        ("DELETE FROM lockstep_ledger WHERE number = 2", 2),
        ("DELETE FROM lockstep_ledger WHERE number = 2; UPDATE lockstep_ledger SET number = 2 WHERE number = 3", 2),
        (f"INSERT INTO lockstep_ledger SELECT model, 4, {SAME} FROM lockstep_ledger WHERE number = 3", 4),
        (f"INSERT INTO lockstep_ledger SELECT model, 0, {SAME} FROM lockstep_ledger WHERE number = 1", 1),
    ],
)  # fmt: skip
def test_a_changed_removed_or_inserted_entry_is_found(ledger: Ledger, statement: str, place: int) -> None:
    fill(ledger, 3)
    for part in statement.split(";"):
        execute(ledger, part)
    with pytest.raises(LockstepError, match=rf"entry {place} was changed"):
        ledger.read(MODEL)


def test_entries_of_another_model_cannot_be_copied(ledger: Ledger) -> None:
    fill(ledger, 1)
    execute(ledger, "UPDATE lockstep_ledger SET model = 'other'")
    with pytest.raises(LockstepError, match="entry 1 was changed"):
        ledger.read("other")


def test_of_two_decisions_on_the_same_entries_the_second_fails(ledger: Ledger) -> None:
    before = fill(ledger, 1)
    other = Ledger.open(ledger.location)
    first = ledger.append(entry(2), before)
    with pytest.raises(OvertakenError, match="another decision on this model came first"):
        other.append(entry(2, version_to=7), before)
    assert other.read(MODEL) == [*before, first]


def test_models_are_independent(ledger: Ledger) -> None:
    fill(ledger, 1)
    ledger.append(entry(1, model="other"), [])
    assert [len(ledger.read(name)) for name in (MODEL, "other")] == [1, 1]


def test_two_processes_that_open_an_empty_database_both_have_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = Location(f"sqlite:///{tmp_path}/l.db", "here")
    create = sa.MetaData.create_all

    def second(*arguments: Any, **_: object) -> None:
        create(*arguments)  # the other process was faster
        create(*arguments, checkfirst=False)

    monkeypatch.setattr(sa.MetaData, "create_all", second)
    assert Ledger.open(location).read(MODEL) == []


def test_an_unreachable_database_is_reported_without_its_password() -> None:
    url = "postgresql+psycopg://ann:geheim@127.0.0.1:1/x"
    with pytest.raises(TrackingDownError) as raised:
        Ledger.open(Location(url, "postgresql://ann:***@127.0.0.1:1/x").masking({"geheim": "***"}))
    assert "geheim" not in str(raised.value)
