"""Errors for users: what is wrong, where, and what was expected."""

import difflib
from collections.abc import Iterable

SHOWN = 12  # detail lines: a message fits on one screen
WIDTH = 300  # characters of a detail line: a huge value cannot flood the terminal

TRANSIENT = "LOCKSTEP_TRANSIENT_EXIT_CODE"
"""Environment variable: exit code of a `TransientError`, so that a scheduler can retry; 2 by default."""


class LockstepError(Exception):
    """An error that the user can fix; the command line prints it and exits with 2.

    Attributes:
        what: one sentence: what is wrong, and where (file, key, table, column).
        details: one line per fault; `str()` shows the first ones and the number of the others.
    """

    def __init__(self, what: str, details: Iterable[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.details = tuple(details)

    def __str__(self) -> str:
        shown = [f"  - {shorten(line)}" for line in self.details[:SHOWN]]
        left = len(self.details) - len(shown)
        return "\n".join([shorten(self.what, 3 * WIDTH), *shown, *([f"  ... and {left} more"] if left else [])])


class TransientError(LockstepError):
    """An external failure that may pass; a retry can succeed."""


def shorten(text: object, width: int = WIDTH) -> str:
    """Return `text` on one line of at most `width` characters, with control characters escaped."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))
    return line if len(line) <= width else f"{line[: width - 1]}…"


def closest(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the known name most similar to `name`, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
