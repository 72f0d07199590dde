"""What is kept, and what is shown, of a program that prints more than anybody reads."""

import time
from collections import deque
from collections.abc import Callable

FIRST, LAST = 100, 1000  # lines that a program is judged by: DVC's own words stand at both ends
AT_ONCE = 2000  # lines that go into the log however fast they come
A_SECOND = 20.0  # lines that go into the log for as long as they come


class Ends:
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


class Sparing:
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
