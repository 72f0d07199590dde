"""Progress of a long step: a live bar on a terminal, periodic lines in a log."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]
"""Called with the number of units done since the last call."""

Note = Callable[[int, str], None]
"""Called with the total number of units done, and a note."""

LOG_INTERVAL = 10.0  # seconds between two lines in a log
INTERVAL = "LOCKSTEP_PROGRESS_INTERVAL"  # environment variable that overrides LOG_INTERVAL


def ignore(_: int) -> None:
    """Show nothing: the default of library functions."""


class Progress:
    """Writes to standard error; standard output is for results."""

    def __init__(self, title: str) -> None:
        self._title = title

    def say(self, text: str) -> None:
        """Print one line."""
        print(f"{self._title:>9} · {text}", file=sys.stderr, flush=True)

    @contextmanager
    def bar(self, label: str, total: int | None) -> Iterator[Advance]:
        """Show the progress of a step of `total` units; None: unknown."""
        with _live(f"{self._title:>9} · {label}", total) if sys.stderr.isatty() else self._lines(label, total) as step:
            yield step

    @contextmanager
    def noted(self, label: str, total: int) -> Iterator[Note]:
        """Show the progress of a step of `total` units, a note, and the estimated time left."""
        title = f"{self._title:>9} · {label}"
        with _live_note(title, total) if sys.stderr.isatty() else self._noted_lines(label, total) as note:
            yield note

    @contextmanager
    def _noted_lines(self, label: str, total: int) -> Iterator[Note]:
        shown = started = time.monotonic()
        first: int | None = None
        interval = float(os.environ.get(INTERVAL, LOG_INTERVAL))

        def note(done: int, text: str) -> None:
            nonlocal shown, first
            now = time.monotonic()
            first = done if first is None else first  # units that were done before the start took no time
            if now - shown > interval and done > first:
                shown = now
                left = (now - started) / (done - first) * (total - done)
                self.say(f"{label}: {done:,} of {total:,}, {text}, about {duration(left)} left")

        yield note

    @contextmanager
    def _lines(self, label: str, total: int | None) -> Iterator[Advance]:
        done, shown = 0, time.monotonic()
        interval = float(os.environ.get(INTERVAL, LOG_INTERVAL))

        def advance(units: int) -> None:
            nonlocal done, shown
            done += units
            if time.monotonic() - shown > interval:
                shown = time.monotonic()
                self.say(f"{label}: {done:,}" + (f" of {total:,}" if total else ""))

        yield advance


@contextmanager
def _live(label: str, total: int | None) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(label, total=total)
        yield lambda units: bars.advance(task, units)


@contextmanager
def _live_note(label: str, total: int) -> Iterator[Note]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(label, total=total, note="")
        yield lambda done, note: bars.update(task, completed=done, note=note)


def duration(seconds: float) -> str:
    """Return a readable duration: 45 s, 12 min, 3.5 h."""
    if seconds < 90:  # noqa: PLR2004 # up to 90 seconds in seconds
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004
