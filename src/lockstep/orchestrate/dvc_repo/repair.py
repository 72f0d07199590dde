"""Files of DVC that a crash left unreadable or incomplete: found, set aside, reported."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

from lockstep.core.errors import LockstepError
from lockstep.versioning.lockfile.lock import LOCK

IDLE = 10.0  # seconds; a younger file may be about to be renamed
SETTLING = 2.0  # seconds in which DVC completes a file that it is writing


def repair(root: Path) -> list[str]:
    """Set aside what DVC cannot read, restore dvc.lock as committed, and return what was done, a line each.

    The caller holds the lock of the workspace.

    Raises:
        LockstepError: something cannot be moved or written, as on a full disk.
    """
    return [*_leftovers(root), *_rwlock(root), *_lockfile(root)]


def set_aside_folder(root: Path) -> Path:
    """Return a folder for damaged files that somebody may want to look at."""
    return root / ".lockstep" / "set-aside" / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"


def _leftovers(root: Path) -> Iterator[str]:
    """First of all: on a full disk, the other repairs need their space."""
    for path in _incomplete_objects(root):
        freed = path.stat().st_size
        path.unlink()
        yield f"{path.relative_to(root)} was an incomplete object of a killed DVC command; removed: {freed:,} bytes"


def _incomplete_objects(root: Path) -> tuple[Path, ...]:
    """Return the incomplete objects in the cache that no process on this machine is writing.

    A copy that a full disk or a signal ended keeps its hidden name and its disk space. Only a cache inside of the
    project is searched: another machine may be writing to a shared one.
    """
    found = [path for path in (root / ".dvc" / "cache" / "files" / "md5").glob("*/.*.tmp") if _is_idle(path)]
    written = _open_files() if found else frozenset()
    return tuple(path for path in found if path.resolve() not in written)


def _is_idle(path: Path) -> bool:
    with suppress(FileNotFoundError):  # renamed: it is complete now
        return time.time() - path.stat().st_mtime > IDLE
    return False


def _open_files() -> frozenset[Path]:
    found: set[Path] = set()
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # ended, or another user's
            found.update(Path(file.path) for file in process.open_files())
    return frozenset(found)


def _rwlock(root: Path) -> Iterator[str]:
    """DVC rewrites its table of readers and writers in place: a crash during the write leaves it empty."""
    table = root / ".dvc" / "tmp" / "rwlock"
    if table.is_file() and not _settles(table):
        kept = _move(table, root)
        yield f"{table.relative_to(root)} was unreadable (a DVC command was killed); set aside as {kept}"


def _settles(table: Path) -> bool:
    deadline = time.monotonic() + SETTLING
    while True:
        try:
            return isinstance(json.loads(table.read_text(encoding="utf-8")), dict)
        except FileNotFoundError:
            return True
        except ValueError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)


def _lockfile(root: Path) -> Iterator[str]:
    path = root / LOCK
    if not path.is_file() or (problem := _problem(root, path)) is None:
        return
    kept = _move(path, root)
    yield f"{LOCK} was unreadable ({problem}); set aside as {kept}"
    committed = _committed(root)
    if committed is not None:
        _write(path, committed)
        if _problem(root, path) is None:
            yield f"{LOCK} is restored as last committed"
            return
        path.unlink()
    yield f"{LOCK} is removed; `dvc repro` rewrites it"


def _problem(root: Path, path: Path) -> str | None:
    """Return DVC's error message for an unreadable file, None for a readable one."""
    from dvc.dvcfile import Lockfile
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    if not path.read_bytes().strip():
        return "empty"
    try:
        with Repo(root) as repo:
            Lockfile(repo, str(path)).load()
    except DvcException as error:
        return " ".join(str(error).split())
    return None


def _committed(root: Path) -> bytes | None:
    done = subprocess.run(  # noqa: S603 # no shell, a fixed program
        ["git", "show", f"HEAD:./{LOCK}"],  # noqa: S607 # git of the user's PATH
        cwd=root,
        capture_output=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else None


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise LockstepError(f"{path}: {error.strerror or error}") from error


def _move(path: Path, root: Path) -> Path:
    folder = set_aside_folder(root)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.move(path, folder / path.name)
    except OSError as error:
        raise LockstepError(f"{path}: unreadable, and cannot be set aside: {error.strerror or error}") from error
    return (folder / path.name).relative_to(root)
