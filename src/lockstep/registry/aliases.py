"""Ledger and alias: the ledger is written first, then the alias is moved; an interrupted move is finished later."""

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
from lockstep.pipeline.track.backend import Backend
from lockstep.pipeline.track.place import located
from lockstep.pipeline.track.writer_lock import writer_lock
from lockstep.registry.ledger import Action, Entry, Ledger, OvertakenError
from lockstep.registry.state import State, champion_of
from lockstep.registry.version import CHAMPION, Version, aliases, registered

VARIABLE = "LOCKSTEP_LEDGER"
"""URL of the ledger's database, where tracking is an HTTP server."""
APPLIED = "lockstep.applied"
"""Tag of a registered model: number of the last entry of the ledger that was applied to its alias."""
AGAIN = "this command changed nothing; run it again"


@dataclass(frozen=True)
class Registry:
    """The versions of one model, and the ledger of its champions."""

    backend: Backend = field(repr=False)
    ledger: Ledger = field(repr=False)
    model: str

    def entries(self) -> list[Entry]:
        """Return the ledger's entries, after moving an alias that lags behind.

        Raises:
            LockstepError: an entry was changed or removed, or the model is missing from MLflow.
        """
        applied = self._applied()  # first: the ledger can only have grown since
        found = self.ledger.read(self.model)
        if found and applied is None:
            raise LockstepError(
                f"{self.model}: the ledger has {len(found)} entries, but MLflow has no model of that name",
                ["version numbers would start again at 1: restore MLflow's database, or change problem.name"],
            )
        applied = applied or 0
        if applied > len(found):
            raise LockstepError(
                f"ledger of {self.model!r}: its last entry is {len(found)}, but entry {applied} was written",
                ["restore the table lockstep_ledger from a backup of the database"],
            )
        if applied < len(found):
            with self._locked():
                found = self.ledger.read(self.model)
                self._follow(found)
        return found

    def state(self) -> State:
        """Return entries and aliases of one instant; both are read again after a decision in between."""
        while True:
            found, now = self.entries(), aliases(self.backend, self.model)
            if self.ledger.read(self.model) == found:
                return State(found, now)

    def decide(self, entry: Entry, seen: Sequence[Entry]) -> Entry:
        """Write a decision that was based on `seen`, and move the alias.

        Raises:
            OvertakenError: another decision came first.
        """
        with self._locked():
            now = self.ledger.read(self.model)
            if now != list(seen):
                raise _overtaken(now[len(seen) :])
            written = self.ledger.append(entry, now)
            self._follow([*now, written])
        return written

    def _locked(self) -> AbstractContextManager[None]:
        return writer_lock(self.backend.place, f"registry {self.model}")

    def _follow(self, entries: Sequence[Entry]) -> None:
        """Move the alias to the ledger's champion, and record that in a tag."""
        champion = champion_of(entries)
        if champion is not None:
            self.backend.client.set_registered_model_alias(self.model, CHAMPION, str(champion))
        self.backend.client.set_registered_model_tag(self.model, APPLIED, str(entries[-1].number))

    def _applied(self) -> int | None:
        """Return the number of the last applied entry, or None where there is no such model."""
        found = registered(self.backend, self.model)
        if found is None:
            return None
        applied = found.tags.get(APPLIED, "")
        return int(applied) if applied.isdecimal() else 0


def registry(backend: Backend, model: str) -> Registry:
    """Return the registry of a model.

    Raises:
        LockstepError: tracking is an HTTP server, and no database is set for the ledger.
    """
    given = os.environ.get(VARIABLE)
    where = located(given) if given else backend.location
    if where.url.startswith(("http://", "https://", "databricks")):
        raise LockstepError(
            f"{VARIABLE}: {'not a database' if given else 'not set'}; expected the URL of a database for the ledger,"
            " such as postgresql://host/mlflow",
            [f"{where.shown} is an HTTP server; MLflow's API cannot store the ledger"],
        )
    return Registry(backend, Ledger.open(where), model)


def entry(seen: Sequence[Entry], action: Action, version: Version, root: Path) -> Entry:
    """Return the entry that follows those seen."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    before, digest = champion_of(seen), version.tag(tags.MODEL)
    return Entry(version.model, len(seen) + 1, at, who(root), action, before, version.number, digest)


def who(root: Path) -> str:
    """Return who decides: the email in git's settings, the account and the machine."""
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
        return OvertakenError("the ledger changed in the meantime", [AGAIN])
    last = newer[-1]
    did = {"promote": "promoted", "rollback": "rolled back to", "refused": "was refused"}[last.action]
    return OvertakenError(f"{last.who} {did} version {last.version_to} at {last.at} in the meantime", [AGAIN])
