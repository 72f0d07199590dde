"""What the entries of a ledger add up to: pure, over small values."""

from collections.abc import Sequence
from typing import Literal, Protocol

Action = Literal["promote", "rollback", "refused"]


class Move(Protocol):
    """What counts of an entry."""

    @property
    def action(self) -> Action:
        """What was done."""

    @property
    def version_to(self) -> int:
        """The version that it is about."""


def champions(moves: Sequence[Move]) -> list[int]:
    """Return the champions that one can go back to, the present one last.

    A promotion puts a version on top; a rollback takes away what lies above the version that it goes back to, so that
    the next one goes further back and not forth again.
    """
    found: list[int] = []
    for move in moves:
        if move.action == "promote":
            found.append(move.version_to)
        elif move.action == "rollback":
            last = max((place for place, one in enumerate(found) if one == move.version_to), default=-1)
            found = [*found[: last + 1]] if last >= 0 else [*found, move.version_to]
    return found


def champion(moves: Sequence[Move]) -> int | None:
    """Return the present champion, or None while there is none."""
    found = champions(moves)
    return found[-1] if found else None


def previous(moves: Sequence[Move]) -> int | None:
    """Return the champion before the present one, or None where there was none."""
    found = champions(moves)
    return next((one for one in reversed(found[:-1]) if one != found[-1]), None)


def ever(moves: Sequence[Move]) -> list[int]:
    """Return all versions that have been champion, each once, oldest first."""
    return list(dict.fromkeys(move.version_to for move in moves if move.action != "refused"))
