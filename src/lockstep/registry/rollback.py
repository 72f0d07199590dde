"""Rollback to a former champion, after verifying its files."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.params.document import load_all
from lockstep.pipeline.track.backend import reaching
from lockstep.registry.aliases import entry
from lockstep.registry.fetch import fetch
from lockstep.registry.ledger import Entry
from lockstep.registry.register import opened
from lockstep.registry.state import State, ever_champion, previous_champion
from lockstep.registry.version import Version, by_number


@dataclass(frozen=True)
class Rollback:
    """The version that is champion again, and the entry of the ledger."""

    version: Version
    entry: Entry


def rollback(workspace: Workspace, to: int | None = None, reason: str = "") -> Rollback:
    """Make the previous champion, or a former one by number, champion again.

    Raises:
        OvertakenError: another decision came first; nothing was changed.
        LockstepError: there is no such champion, or its files are not the registered ones.
    """
    book = opened(workspace, load_all(workspace.params).problem.name)
    with reaching(book.backend.location), tempfile.TemporaryDirectory(prefix="lockstep-rollback-") as folder:
        state = book.state()
        version = by_number(book.backend, book.model, _target(book.model, state, to))
        fetch(book.backend, version, Path(folder))
        state.check_kept(version)
        new = replace(entry(state.entries, "rollback", version, workspace.root), why=reason)
        return Rollback(version, book.decide(new, state.entries))


def _target(model: str, state: State, to: int | None) -> int:
    """Return the number of the version to go back to.

    Raises:
        LockstepError: it was never champion, there is none before the present one, or no number is given although the
            alias was moved by hand.
    """
    present, known = state.champion, ever_champion(state.entries)
    if to is None:
        state.check(model)
        found = previous_champion(state.entries)
        if found is None:
            raise LockstepError(f"{model}: there is no champion before {present or 'the first one'}")
        return found
    if to not in known:
        raise LockstepError(f"{model}: version {to} was never champion; former champions: {known or 'none'}")
    if to == present and state.moved_by_hand is None:
        raise LockstepError(f"{model}: version {to} is champion")
    return to
