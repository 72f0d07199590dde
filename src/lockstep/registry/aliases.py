"""Ledger and aliases, kept in step: the ledger is written first, and what a killed process left undone is done."""

import getpass
import platform
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import environ
from pathlib import Path

from lockstep.commands import run
from lockstep.errors import LockstepError
from lockstep.registry import moves
from lockstep.registry.ledger import Entry, Ledger, OvertakenError
from lockstep.registry.version import CHAMPION, aliases
from lockstep.tracking.alone import alone
from lockstep.tracking.backend import Backend

VARIABLE = "LOCKSTEP_LEDGER"
"""A database's URL: where the ledger is kept when tracking is an HTTP server, whose own database is out of reach."""
APPLIED = "lockstep.applied"
"""Tag of a registered model: number of the last entry of the ledger that its alias follows."""


@dataclass(frozen=True)
class Registry:
    """The versions of one model, and the ledger of its champions."""

    backend: Backend = field(repr=False)
    ledger: Ledger = field(repr=False)
    model: str

    def entries(self) -> list[Entry]:
        """Return the ledger's entries; an alias that lags behind is moved first.

        Raises:
            LockstepError: an entry was changed, or the alias was moved by somebody who did not write it down.
        """
        found = self.ledger.read(self.model)
        if found and self._applied() < found[-1].number:
            with self._alone():
                found = self.ledger.read(self.model)
                self._follow(found)
        return found

    def decide(self, entry: Entry, seen: Sequence[Entry]) -> Entry:
        """Write a decision that was taken on `seen`, and move the alias.

        Raises:
            OvertakenError: another decision came first.
        """
        with self._alone():
            now = self.ledger.read(self.model)
            if len(now) != len(seen):
                raise _overtaken(now[-1])
            written = self.ledger.append(entry, now)
            self._follow([*now, written])
        return written

    def moved_by_hand(self, entries: Sequence[Entry]) -> int | None:
        """Return the version that MLflow calls champion although the ledger names another one, 0 for none of them."""
        alias, champion = aliases(self.backend, self.model).get(CHAMPION), moves.champion(entries)
        return None if alias == champion else alias or 0

    def _alone(self) -> AbstractContextManager[None]:
        return alone(self.backend.place, f"registry {self.model}")

    def _follow(self, entries: Sequence[Entry]) -> None:
        """Let the alias be what the ledger says, and note that it is."""
        champion = moves.champion(entries)
        if champion is not None:
            self.backend.client.set_registered_model_alias(self.model, CHAMPION, str(champion))
        self.backend.client.set_registered_model_tag(self.model, APPLIED, str(entries[-1].number))

    def _applied(self) -> int:
        return int(self.backend.client.get_registered_model(self.model).tags.get(APPLIED, 0))


def registry(backend: Backend, model: str) -> Registry:
    """Return the registry of a model.

    Raises:
        LockstepError: tracking is an HTTP server, and nothing says where the ledger is.
    """
    url = environ.get(VARIABLE) or backend.uri
    if url.startswith(("http://", "https://", "databricks")):
        raise LockstepError(
            f"{VARIABLE}: not set; expected the URL of a database for the ledger, such as postgresql://host/mlflow",
            [f"{backend.location.shown} is an HTTP server, and MLflow's API has no place for who promoted what"],
        )
    return Registry(backend, Ledger.open(url), model)


def entry(seen: Sequence[Entry], model: str, action: moves.Action, to: int, root: Path, **more: object) -> Entry:
    """Return the entry that would come after those seen."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    before = moves.champion(seen)
    return Entry(model, len(seen) + 1, at, who(root), action, before, to, **more)  # type: ignore[arg-type] # by name


def who(root: Path) -> str:
    """Return who decides: git's name for them, and the account and machine that they do it from."""
    account = f"{getpass.getuser()}@{platform.node()}"
    with suppress(LockstepError):
        email = run(["git", "config", "user.email"], root).strip()
        return f"{email} ({account})" if email else account
    return account


def _overtaken(entry: Entry) -> OvertakenError:
    did = {"promote": "promoted", "rollback": "went back to", "refused": "was refused"}[entry.action]
    return OvertakenError(
        f"{entry.who} {did} version {entry.version_to} at {entry.at}, while this was being decided",
        ["nothing was changed by this command; run it again to decide on what is champion now"],
    )
