"""A program's output: split into lines, its first and last lines kept, and throttled for the log."""

import codecs
import io
import time
from collections import deque
from collections.abc import Callable

LONGEST = 20_000  # characters kept of a line
FIRST, LAST = 100, 1000  # lines kept to classify the outcome: DVC's messages come first and last
AT_ONCE = 2000  # lines logged at any speed
A_SECOND = 20.0  # lines logged per second after that


class Lines:
    """Takes chunks of bytes and returns complete lines.

    Of a longer line, `LONGEST` characters are kept, with the number of characters cut off. A carriage return ends a
    line too: progress bars use it.
    """

    def __init__(self) -> None:
        self._decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
        self._rest = ""
        self._cut = 0

    def feed(self, chunk: bytes) -> list[str]:
        """Return the lines that end in this chunk; an empty chunk is the end of the stream."""
        # PostgreSQL refuses the null character, and with it the whole batch of log lines.
        text = self._decoder.decode(chunk, final=not chunk).replace("\0", "\N{REPLACEMENT CHARACTER}")
        *ended, self._rest = (self._rest + text).split("\n")
        lines = [self._whole(line) for line in ended]
        if not chunk and (self._rest or self._cut):
            lines.append(self._whole(self._rest))
            self._rest = ""
        self._cut += max(len(self._rest) - LONGEST, 0)
        self._rest = self._rest[:LONGEST]
        return lines

    def _whole(self, line: str) -> str:
        cut, self._cut = self._cut + max(len(line) - LONGEST, 0), 0
        return f"{line[:LONGEST]} ... and {cut:,} more characters" if cut else line


class FirstAndLast:
    """The first and the last lines of many."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._last: deque[str] = deque(maxlen=LAST)

    def add(self, line: str) -> None:
        """Add a line."""
        if len(self._first) < FIRST:
            self._first.append(line)
        else:
            self._last.append(line)

    @property
    def lines(self) -> list[str]:
        """The lines; those in the middle are dropped if there are too many."""
        return [*self._first, *self._last]


class Throttle:
    """Passes lines on at a limited rate, and reports how many it dropped.

    A line costs the server about a millisecond: a stage that prints 100,000 lines would wait for its log.
    """

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._credit = float(AT_ONCE)
        self._seen = clock()
        self._left_out = 0

    def add(self, line: str) -> None:
        """Pass a line on, or drop it."""
        now = self._clock()
        self._credit = min(self._credit + (now - self._seen) * A_SECOND, AT_ONCE)
        self._seen = now
        if self._credit < 1:
            self._left_out += 1
            return
        self._credit -= 1
        self.close()
        self._say(line)

    def close(self) -> None:
        """Report how many lines were dropped."""
        if self._left_out:
            self._say(f"... {self._left_out:,} lines dropped here: too many for the log")
        self._left_out = 0
