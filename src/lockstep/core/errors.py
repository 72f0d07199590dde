"""The one kind of error a user is meant to read: what is wrong, where, and what was expected."""

import difflib
from collections.abc import Iterable

SHOWN = 12  # lines of detail: a message fits on one screen
WIDTH = 300  # characters of a detail: a hostile or huge value cannot flood the terminal

TRANSIENT = "LOCKSTEP_TRANSIENT_EXIT_CODE"
"""Environment of the command line: the exit code of a `TransientError`, for a scheduler that tries again; 2 without."""


class LockstepError(Exception):
    """Input that cannot be worked with; the command line prints it and exits with 2.

    Attributes:
        what: one sentence of what is wrong, with the place (file, key, table, column).
        details: one line per fault; all are kept, `str()` shows the first ones and counts the rest.
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
    """Something outside failed that may work in a moment: worth another try."""


def shorten(text: object, width: int = WIDTH) -> str:
    """Return `text` on one line of at most `width` characters, control characters made visible."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))
    return line if len(line) <= width else f"{line[: width - 1]}…"


def closest(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the known name nearest to `name`, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
