"""The history of monitoring: one JSON line a window, appended and never rewritten.

Every call reads the whole file: a window takes a few hundred bytes, ten years of hourly windows a few dozen megabytes.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from pydantic import ValidationError

from lockstep.core.errors import LockstepError, TransientError
from lockstep.core.file_lock import try_lock, wait
from lockstep.operate.monitoring.window import Window

PATIENCE = 120.0  # seconds to wait for another process that reads or appends
TORN = ".torn"  # suffix of the file that keeps an incomplete last line


@dataclass(frozen=True)
class History:
    """The windows in the order in which they were measured, and notes about the file."""

    windows: tuple[Window, ...]
    notes: tuple[str, ...] = ()

    def holds(self, window: Window) -> bool:
        """Return whether this as_of was measured with this champion before."""
        return any(known.identity == window.identity for known in self.windows)


def read(path: Path) -> History:
    """Return the history at `path`, an empty one if there is no file.

    An incomplete last line, which a crash left, is reported in `notes`, not counted, and moved by the next `append`.

    Raises:
        LockstepError: another line is not a window; the message has its number.
    """
    try:
        with path.open("rb", buffering=0) as file:
            _lock(file, path, shared=True)
            return _parse(file.readall(), path)[0]
    except FileNotFoundError:
        return History(())


def append(path: Path, window: Window) -> History:
    """Append a window, flush it to disk, and return the history with it.

    A window that the history holds already is not added again. An incomplete last line is moved to `<path>.torn` first.
    Writers take turns; a failed write leaves the file unchanged.

    Raises:
        LockstepError: a line is not a window, or the file cannot be written.
    """
    with _only_writer(path) as file:
        content = file.readall()
        history, torn = _parse(content, path)
        if torn:
            _set_aside(torn, path)
            file.truncate(len(content) - len(torn))
        if history.holds(window):
            return history
        _write(file, window.model_dump_json().encode() + b"\n", path)
    return History((*history.windows, window), history.notes)


def _parse(content: bytes, path: Path) -> tuple[History, bytes]:
    *lines, torn = content.split(b"\n")
    windows = tuple(_window(line, number, path) for number, line in enumerate(lines, start=1))
    note = f"{path}: incomplete last line ({len(torn)} bytes) after a crash; append moves it to {path.name}{TORN}"
    return History(windows, (note,) if torn else ()), torn


def _window(line: bytes, number: int, path: Path) -> Window:
    try:
        return Window.model_validate_json(line)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise LockstepError(f"{path}: line {number}: damaged, not a window", [f"{place}: {fault['msg']}"]) from error


@contextmanager
def _only_writer(path: Path) -> Iterator[FileIO]:
    """Open and lock the file to append to it; the kernel releases the lock when the process ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b", buffering=0) as file:
        _lock(file, path)
        file.seek(0)
        yield file


def _lock(file: FileIO, path: Path, *, shared: bool = False) -> None:
    busy = TransientError(f"{path}: another process has been working on it for {PATIENCE:.0f} s")
    wait(lambda: try_lock(file.fileno(), shared=shared), PATIENCE, lambda: busy)


def _set_aside(torn: bytes, path: Path) -> None:
    aside = path.with_name(path.name + TORN)
    with _only_writer(aside) as file:
        _write(file, torn + b"\n", aside)


def _write(file: FileIO, line: bytes, path: Path) -> None:
    """Flush a line and the file's folder to disk; undo a failed write."""
    end = file.seek(0, os.SEEK_END)
    try:
        while line:
            line = line[file.write(line) :]
        os.fsync(file.fileno())
    except OSError as error:
        file.truncate(end)
        raise LockstepError(f"{path}: cannot be written: {error.strerror}; the file is unchanged") from error
    _sync(path.parent)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
