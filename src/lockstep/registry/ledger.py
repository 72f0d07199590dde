"""Who moved which alias when, and why: entries that are added, and never changed."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace

import sqlalchemy as sa

from lockstep.core.errors import LockstepError
from lockstep.core.source_url import Location
from lockstep.pipeline.track.backend import reaching
from lockstep.pipeline.track.names import value
from lockstep.registry.replay import Action

WORDS = 20_000  # characters of what a person says
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
        who: decided it.
        action: what was done; `refused` moved nothing.
        version_from: the champion before it; None: there was none.
        version_to: the version that it is about: the champion after it, unless it was refused.
        version_digest: SHA-256 of its signature.json, which holds the digests of all of its files.
        why: a person's words, empty where none were given.
        forced: whether the rules said no.
        decision: the rules with their numbers, as JSON.
        digest: SHA-256 of all this and of the digest before it: an entry that is changed later shows.
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
        """Return the entry as every database takes it: of a person's words, only what no database stores is changed."""
        return replace(self, who=value(self.who, WORDS), why=value(self.why, WORDS))

    def sealed(self, before: str) -> "Entry":
        """Return the entry with its digest, after the one whose digest is `before`."""
        told = json.dumps({**asdict(self), "digest": before}, sort_keys=True)
        return replace(self, digest=hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest())


class OvertakenError(LockstepError):
    """Somebody else's decision came first."""


@dataclass(frozen=True)
class Ledger:
    """The entries of all models of a database."""

    engine: sa.Engine = field(repr=False)
    location: Location

    @classmethod
    def open(cls, location: Location) -> "Ledger":
        """Return the ledger in a database; its table is made where there is none.

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
            LockstepError: one was changed, or taken out, after it had been written.
        """
        query = sa.select(TABLE).where(TABLE.c.model == model).order_by(TABLE.c.number)
        with reaching(self.location), self.engine.connect() as connection:
            entries = [Entry(**row) for row in connection.execute(query).mappings()]
        _check(entries)
        return entries

    def append(self, entry: Entry, after: Sequence[Entry]) -> Entry:
        """Write an entry behind those that its decision was taken on, and return it.

        Raises:
            OvertakenError: there is another one behind them by now.
        """
        sealed = entry.storable().sealed(after[-1].digest if after else "")
        with reaching(self.location), _first(), self.engine.begin() as connection:
            connection.execute(sa.insert(TABLE).values(**asdict(sealed)))
        return sealed


def _make_table(engine: sa.Engine) -> None:
    try:
        TABLE.metadata.create_all(engine)
    except sa.exc.DBAPIError:
        if not sa.inspect(engine).has_table(TABLE.name):  # another process was faster
            raise


@contextmanager
def _first() -> Iterator[None]:
    """The primary key lets one entry have a number."""
    try:
        yield
    except sa.exc.IntegrityError as error:
        raise OvertakenError("another decision on this model came first; run the command again to see it") from error


def _check(entries: Sequence[Entry]) -> None:
    before = ""
    for place, entry in enumerate(entries, start=1):
        if entry.number != place or entry.sealed(before).digest != entry.digest:
            raise LockstepError(
                f"ledger of {entry.model!r}: entry {place} is not what was written: it was changed, or one is missing",
                ["the table lockstep_ledger is only ever added to; bring it back from a backup of the database"],
            )
        before = entry.digest
