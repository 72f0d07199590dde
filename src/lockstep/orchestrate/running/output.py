"""What a program prints: cut into lines, kept at both ends, and thinned out for the log."""

import codecs
import io
import time
from collections import deque
from collections.abc import Callable

LONGEST = 20_000  # characters of a line that are kept
FIRST, LAST = 100, 1000  # lines that a program is judged by: DVC's own words stand at both ends
AT_ONCE = 2000  # lines that go into the log however fast they come
A_SECOND = 20.0  # lines that go into the log for as long as they come


class Lines:
    """Takes bytes as they come and gives back the lines that are complete.

    A line that never ends takes no more memory than one of `LONGEST` characters; how much was cut off is said.
    A carriage return starts the line again: progress bars of programs that think they have a terminal.
    """

    def __init__(self) -> None:
        self._decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
        self._rest = ""
        self._cut = 0

    def feed(self, chunk: bytes) -> list[str]:
        """Return the lines that end in these bytes; no bytes are the end of the stream, and end the last line."""
        # PostgreSQL takes no null character, and would lose the lines that are sent with it.
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

    def hear(self, line: str) -> None:
        """Take note of one more line."""
        if len(self._first) < FIRST:
            self._first.append(line)
        else:
            self._last.append(line)

    @property
    def lines(self) -> list[str]:
        """All lines, unless they are so many that those in the middle are lost."""
        return [*self._first, *self._last]


class Throttle:
    """Hands lines on, of a flood only some, with the number of those that it left out.

    A line costs the server about a millisecond: a stage that prints a hundred thousand would wait for its log.
    """

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._credit = float(AT_ONCE)
        self._seen = clock()
        self._left_out = 0

    def hear(self, line: str) -> None:
        """Hand on a line, or leave it out."""
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
        """Say how many lines were left out."""
        if self._left_out:
            self._say(f"... {self._left_out:,} lines left out here: too many for the log")
        self._left_out = 0
