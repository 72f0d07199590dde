"""Halves of objects in DVC's cache: a copy that a full disk or a signal ended keeps its hidden name and its room."""

import time
from contextlib import suppress
from pathlib import Path

import psutil

IDLE = 10.0  # seconds; until then it may be a copy that is just being renamed


def leftovers(root: Path) -> tuple[Path, ...]:
    """Return the halves that nobody on this machine writes any more.

    Only of a cache inside of the project: on one that is shared another machine may be at work.
    """
    halves = [path for path in (root / ".dvc" / "cache" / "files" / "md5").glob("*/.*.tmp") if _is_idle(path)]
    written = _open_files() if halves else frozenset()
    return tuple(path for path in halves if path.resolve() not in written)


def _is_idle(path: Path) -> bool:
    with suppress(FileNotFoundError):  # renamed: it has become an object
        return time.time() - path.stat().st_mtime > IDLE
    return False


def _open_files() -> frozenset[Path]:
    found: set[Path] = set()
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # ended meanwhile, or another user's
            found.update(Path(file.path) for file in process.open_files())
    return frozenset(found)
