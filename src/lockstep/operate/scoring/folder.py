"""Folders of scores: an unfinished folder has another name than the finished one."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from lockstep.core.errors import LockstepError, TransientError
from lockstep.core.file_lock import file_lock
from lockstep.operate.scoring.manifest import NAME

UNDATED = "undated"


def folder_of(output: Path, as_of: datetime | None) -> Path:
    """Return the folder of one snapshot's scores below `score.output`.

    It is named after the instant, a date where that is midnight (`2025-06-30`, `2025-06-30T12-00-00`);
    a flat table without `as_of` has one folder, `undated`.
    """
    if as_of is None:
        return output / UNDATED
    midnight = as_of.time() == datetime.min.time()
    return output / as_of.strftime("%Y-%m-%d" if midnight else "%Y-%m-%dT%H-%M-%S")


def unfinished(folder: Path) -> Path:
    """Return the hidden folder beside `folder` in which parts gather until all are there."""
    return folder.with_name(f".{folder.name}.unfinished")


def check_ours(folder: Path) -> None:
    """Prove that a folder that is to be replaced was written by a scoring.

    Raises:
        LockstepError: it has no manifest.
    """
    if folder.exists() and not (folder / NAME).is_file():
        raise LockstepError(f"{folder}: not a folder of scores (no {NAME}): move it elsewhere")


def publish(folder: Path, keep: Collection[str]) -> None:
    """Give the unfinished folder its name, without what is not in `keep`, in place of an older one."""
    waiting = unfinished(folder)
    for path in [path for path in waiting.iterdir() if path.name not in keep]:
        clear(path)
    clear(folder)
    waiting.replace(folder)


def take_back(folder: Path) -> None:
    """Take the name from a folder that turned out to be damaged."""
    clear(unfinished(folder))
    folder.replace(unfinished(folder))


def clear(path: Path) -> None:
    """Remove a folder or a file, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold a lock that the kernel drops when the process ends, however it ends.

    Raises:
        TransientError: another process writes these scores.
    """
    lock = folder.with_name(f".{folder.name}.lock")
    with file_lock(lock, 0, lambda process: TransientError(f"{folder}: process {process} is scoring this snapshot")):
        yield
