"""Folders of scores: a folder is renamed when it is complete."""

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

    It is named after the instant, a date if that is midnight (`2025-06-30`, `2025-06-30T12-00-00`);
    a flat table without `as_of` has one folder, `undated`.
    """
    if as_of is None:
        return output / UNDATED
    midnight = as_of.time() == datetime.min.time()
    return output / as_of.strftime("%Y-%m-%d" if midnight else "%Y-%m-%dT%H-%M-%S")


def unfinished(folder: Path) -> Path:
    """Return the hidden folder beside `folder` that holds the parts until all are written."""
    return folder.with_name(f".{folder.name}.unfinished")


def check_ours(folder: Path) -> None:
    """Check that a folder to be replaced was written by a scoring.

    Raises:
        LockstepError: it has no manifest.
    """
    if folder.exists() and not (folder / NAME).is_file():
        raise LockstepError(f"{folder}: not a folder of scores (no {NAME}): move it elsewhere")


def publish(folder: Path, keep: Collection[str]) -> None:
    """Rename the unfinished folder, replacing an older one; only the files in `keep` remain."""
    waiting = unfinished(folder)
    for path in [path for path in waiting.iterdir() if path.name not in keep]:
        clear(path)
    clear(folder)
    waiting.replace(folder)


def unpublish(folder: Path) -> None:
    """Rename a damaged folder to that of unfinished scores."""
    clear(unfinished(folder))
    folder.replace(unfinished(folder))


def clear(path: Path) -> None:
    """Remove a folder or a file, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold a lock, which the kernel releases when the process ends.

    Raises:
        TransientError: another process writes these scores.
    """
    lock = folder.with_name(f".{folder.name}.lock")
    with file_lock(lock, 0, lambda process: TransientError(f"{folder}: process {process} is scoring this snapshot")):
        yield
