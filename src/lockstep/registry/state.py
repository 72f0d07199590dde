"""The champion according to the ledger, and the aliases of MLflow at the same instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lockstep.core.errors import LockstepError
from lockstep.pipeline.track import tags
from lockstep.registry.ledger import Entry
from lockstep.registry.version import CHAMPION, Version


@dataclass(frozen=True)
class State:
    """The entries of a model, oldest first, and its aliases at the same instant."""

    entries: Sequence[Entry]
    aliases: Mapping[str, int]

    @property
    def champion(self) -> int | None:
        """The champion according to the ledger."""
        return champion_of(self.entries)

    @property
    def moved_by_hand(self) -> int | None:
        """The version of MLflow's alias champion where the ledger names another one; 0: the alias is missing."""
        alias = self.aliases.get(CHAMPION)
        return None if alias == self.champion else alias or 0

    def check_kept(self, version: Version) -> None:
        """Check that a version has not changed since a decision on it.

        Raises:
            LockstepError: its tag was changed.
        """
        known = {one.version_digest for one in self.entries if one.version_to == version.number}
        if known and known != {version.tag(tags.MODEL)}:
            raise LockstepError(f"{version}: refused: its tag {tags.MODEL} differs from the ledger")

    def check(self, model: str) -> None:
        """Check that the alias was not moved outside of the ledger.

        Raises:
            LockstepError: it was moved; the alias is left as it is.
        """
        moved, known = self.moved_by_hand, self.champion
        if moved is None:
            return
        there = f"version {moved}" if moved else "no version"
        raise LockstepError(
            f"{model}: the alias champion is at {there}, but the ledger's champion is {known or 'none'}: moved by hand",
            [
                f"`lockstep rollback --to {known}` moves it back" if known else "remove the alias in MLflow",
                "`lockstep promote --version N --force --reason TEXT` records the move",
            ],
        )


def champions(entries: Sequence[Entry]) -> list[int]:
    """Return the champions that a rollback can go back to, the present one last.

    A promotion adds a version; a rollback removes all versions after the one it goes back to, so that the next rollback
    goes further back.
    """
    found: list[int] = []
    for entry in entries:
        if entry.action == "promote":
            found.append(entry.version_to)
        elif entry.action == "rollback":
            last = max((place for place, one in enumerate(found) if one == entry.version_to), default=-1)
            found = found[: last + 1] if last >= 0 else [*found, entry.version_to]
    return found


def champion_of(entries: Sequence[Entry]) -> int | None:
    """Return the present champion, or None."""
    found = champions(entries)
    return found[-1] if found else None


def previous_champion(entries: Sequence[Entry]) -> int | None:
    """Return the champion before the present one, or None."""
    found = champions(entries)
    return next((one for one in reversed(found[:-1]) if one != found[-1]), None)


def ever_champion(entries: Sequence[Entry]) -> list[int]:
    """Return every version that has been champion, once, oldest first."""
    return list(dict.fromkeys(entry.version_to for entry in entries if entry.action != "refused"))
