"""Ledger and aliases, kept in step: the ledger is written first, and what a killed process left undone is done."""

import getpass
import os
import platform
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError
from lockstep.pipeline.track import tags
from lockstep.pipeline.track.alone import alone
from lockstep.pipeline.track.backend import Backend
from lockstep.pipeline.track.place import located
from lockstep.registry import replay
from lockstep.registry.ledger import Entry, Ledger, OvertakenError
from lockstep.registry.state import State
from lockstep.registry.version import CHAMPION, Version, aliases, registered

VARIABLE = "LOCKSTEP_LEDGER"
"""A database's URL: where the ledger is kept when tracking is an HTTP server, whose own database is out of reach."""
APPLIED = "lockstep.applied"
"""Tag of a registered model: number of the last entry of the ledger that its alias follows."""
AGAIN = "nothing was changed by this command; run it again to decide on what is champion now"


@dataclass(frozen=True)
class Registry:
    """The versions of one model, and the ledger of its champions."""

    backend: Backend = field(repr=False)
    ledger: Ledger = field(repr=False)
    model: str

    def entries(self) -> list[Entry]:
        """Return the ledger's entries; an alias that lags behind is moved first.

        Raises:
            LockstepError: an entry was changed or taken out, or MLflow has lost the model.
        """
        applied = self._applied()  # first: the ledger can only have grown since
        found = self.ledger.read(self.model)
        if found and applied is None:
            raise LockstepError(
                f"{self.model}: the ledger has {len(found)} entries, but MLflow has no model of that name any more",
                ["version numbers would begin anew: restore MLflow's database, or give problem.name another name"],
            )
        applied = applied or 0
        if applied > len(found):
            raise LockstepError(
                f"ledger of {self.model!r}: ends with entry {len(found)}, but entry {applied} had been written",
                ["the table lockstep_ledger is only ever added to; bring it back from a backup of the database"],
            )
        if applied < len(found):
            with self._alone():
                found = self.ledger.read(self.model)
                self._follow(found)
        return found

    def state(self) -> State:
        """Return entries and aliases of one instant: a decision that falls between both reads is read again."""
        while True:
            found, now = self.entries(), aliases(self.backend, self.model)
            if self.ledger.read(self.model) == found:
                return State(found, now)

    def decide(self, entry: Entry, seen: Sequence[Entry]) -> Entry:
        """Write a decision that was taken on `seen`, and move the alias.

        Raises:
            OvertakenError: another decision came first.
        """
        with self._alone():
            now = self.ledger.read(self.model)
            if now != list(seen):
                raise _overtaken(now[len(seen) :])
            written = self.ledger.append(entry, now)
            self._follow([*now, written])
        return written

    def _alone(self) -> AbstractContextManager[None]:
        return alone(self.backend.place, f"registry {self.model}")

    def _follow(self, entries: Sequence[Entry]) -> None:
        """Let the alias be what the ledger says, and note that it is."""
        champion = replay.champion(entries)
        if champion is not None:
            self.backend.client.set_registered_model_alias(self.model, CHAMPION, str(champion))
        self.backend.client.set_registered_model_tag(self.model, APPLIED, str(entries[-1].number))

    def _applied(self) -> int | None:
        """Return the number of the entry that the alias follows, or None where there is no such model."""
        found = registered(self.backend, self.model)
        if found is None:
            return None
        told = found.tags.get(APPLIED, "")
        return int(told) if told.isdecimal() else 0


def registry(backend: Backend, model: str) -> Registry:
    """Return the registry of a model.

    Raises:
        LockstepError: tracking is an HTTP server, and nothing says where the ledger is.
    """
    given = os.environ.get(VARIABLE)
    where = located(given) if given else backend.location
    if where.url.startswith(("http://", "https://", "databricks")):
        raise LockstepError(
            f"{VARIABLE}: {'not a database' if given else 'not set'}; expected the URL of a database for the ledger,"
            " such as postgresql://host/mlflow",
            [f"{where.shown} is an HTTP server, and MLflow's API has no place for who promoted what"],
        )
    return Registry(backend, Ledger.open(where), model)


def entry(seen: Sequence[Entry], action: replay.Action, version: Version, root: Path) -> Entry:
    """Return the entry that would come after those seen."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    before, digest = replay.champion(seen), version.tag(tags.MODEL)
    return Entry(version.model, len(seen) + 1, at, who(root), action, before, version.number, digest)


def who(root: Path) -> str:
    """Return who decides: git's name for them, and the account and machine that they do it from."""
    account = f"{_account()}@{platform.node()}"
    with suppress(LockstepError):
        email = run(["git", "config", "user.email"], root).strip()
        return f"{email} ({account})" if email else account
    return account


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's account may have no name
        return f"uid {os.getuid()}"


def _overtaken(newer: Sequence[Entry]) -> OvertakenError:
    if not newer:
        return OvertakenError("the ledger was changed while this was being decided", [AGAIN])
    last = newer[-1]
    did = {"promote": "promoted", "rollback": "went back to", "refused": "was refused"}[last.action]
    return OvertakenError(
        f"{last.who} {did} version {last.version_to} at {last.at}, while this was being decided", [AGAIN]
    )
