"""The ledger of promotions: who changed the champion, when and why. Entries are added and never changed."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

import sqlalchemy as sa

from lockstep.core.errors import LockstepError
from lockstep.core.source_url import Location
from lockstep.pipeline.track.backend import reaching
from lockstep.pipeline.track.names import value

Action = Literal["promote", "rollback", "refused"]

WORDS = 20_000  # characters of a reason
BUSY = 30  # seconds that SQLite waits for another writer
TABLE = sa.Table(
    "lockstep_ledger",
    sa.MetaData(),
    sa.Column("model", sa.String(255), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("version_from", sa.Integer),
    sa.Column("version_to", sa.Integer, nullable=False),
    sa.Column("version_digest", sa.String(64), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("forced", sa.Boolean, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)


@dataclass(frozen=True)
class Entry:
    """One decision.

    Attributes:
        model: the registered model's name.
        number: 1 for the first of the model.
        at: when, in ISO 8601, UTC.
        who: the account that decided.
        action: what was done; `refused` changed nothing.
        version_from: the champion before; None: there was none.
        version_to: the version of the decision: the champion afterwards, unless it was refused.
        version_digest: SHA-256 of its signature.json, which holds the digests of all of its files.
        why: the reason that a person gave, or empty.
        forced: whether the version was promoted against the rules.
        decision: the rules with their numbers, as JSON.
        digest: SHA-256 of these values and of the previous entry's digest, to detect later changes.
    """

    model: str
    number: int
    at: str
    who: str
    action: Action
    version_from: int | None
    version_to: int
    version_digest: str = ""
    why: str = ""
    forced: bool = False
    decision: str = "[]"
    digest: str = ""

    def storable(self) -> "Entry":
        """Return the entry without characters that no database stores."""
        return replace(self, who=value(self.who, WORDS), why=value(self.why, WORDS))

    def sealed(self, before: str) -> "Entry":
        """Return the entry with its digest, after the one whose digest is `before`."""
        text = json.dumps({**asdict(self), "digest": before}, sort_keys=True)
        return replace(self, digest=hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest())


class OvertakenError(LockstepError):
    """Another decision came first."""


@dataclass(frozen=True)
class Ledger:
    """The entries of all models of a database."""

    engine: sa.Engine = field(repr=False)
    location: Location

    @classmethod
    def open(cls, location: Location) -> "Ledger":
        """Return the ledger in a database; its table is created if needed.

        Raises:
            TrackingDownError: the database does not answer, or cannot be used.
        """
        timed = {"timeout": BUSY} if location.url.startswith("sqlite") else {}
        with reaching(location):
            engine = sa.create_engine(location.url, poolclass=sa.NullPool, connect_args=timed)
            _make_table(engine)
        return cls(engine, location)

    def read(self, model: str) -> list[Entry]:
        """Return the entries of a model, oldest first.

        Raises:
            LockstepError: an entry was changed or removed.
        """
        query = sa.select(TABLE).where(TABLE.c.model == model).order_by(TABLE.c.number)
        with reaching(self.location), self.engine.connect() as connection:
            entries = [Entry(**row) for row in connection.execute(query).mappings()]
        _check(entries)
        return entries

    def append(self, entry: Entry, after: Sequence[Entry]) -> Entry:
        """Write an entry after those that its decision was based on, and return it.

        Raises:
            OvertakenError: another entry was written after them.
        """
        sealed = entry.storable().sealed(after[-1].digest if after else "")
        with reaching(self.location), _first(), self.engine.begin() as connection:
            connection.execute(sa.insert(TABLE).values(**asdict(sealed)))
        return sealed


def _make_table(engine: sa.Engine) -> None:
    try:
        TABLE.metadata.create_all(engine)
    except sa.exc.DBAPIError:
        if not sa.inspect(engine).has_table(TABLE.name):  # another process has created it
            raise


@contextmanager
def _first() -> Iterator[None]:
    """Turn a duplicate primary key into an `OvertakenError`."""
    try:
        yield
    except sa.exc.IntegrityError as error:
        raise OvertakenError("another decision on this model came first; run the command again") from error


def _check(entries: Sequence[Entry]) -> None:
    before = ""
    for place, entry in enumerate(entries, start=1):
        if entry.number != place or entry.sealed(before).digest != entry.digest:
            raise LockstepError(
                f"ledger of {entry.model!r}: entry {place} was changed, or an entry is missing",
                ["restore the table lockstep_ledger from a backup of the database"],
            )
        before = entry.digest
