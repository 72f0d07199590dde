"""Data for a checkout beside the user's: from the user's cache, or the remote that is set there."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from lockstep.core.commands import environment_of, run
from lockstep.core.errors import LockstepError
from lockstep.versioning.cache import Cache, Unknown
from lockstep.versioning.lockfile.lock import Pin
from lockstep.versioning.project import Project

LOCAL = Path(".dvc") / "config.local"


def share(project: Project, tree: Path) -> None:
    """Let a checkout use the user's cache and settings.

    Raises:
        LockstepError: what is checked out is no DVC project, or DVC cannot write its settings.
    """
    if not (tree / ".dvc").is_dir():  # DVC would look further up, and find another project
        raise LockstepError(f"{tree}: no DVC project as committed; .dvc/ is not in that commit")
    if (project.root / LOCAL).is_file():
        shutil.copy(project.root / LOCAL, tree / LOCAL)  # with its mode: it may hold secrets
    # Relative, for DVC writes nothing but ASCII, whatever the way there is called.
    place = os.path.relpath(project.cache.folder.resolve(), tree.resolve())
    run(["dvc", "cache", "dir", "--local", place], tree, environment_of(tree))


def bring(tree: Path, pins: Iterable[Pin], cache: Cache) -> Iterator[str]:
    """Put what a checkout's lock pins into place, and yield what DVC complained of; what it lacks is left out.

    A remote is asked only for what the cache lacks.
    """
    pinned = [pin for pin in pins if not (tree / pin.path).exists()]  # the rest is in git
    if not all(_complete(cache, pin) for pin in pinned) and has_remote(tree):
        yield from _tried(["dvc", "fetch", "--quiet"], tree)
    yield from _tried(["dvc", "checkout", "--quiet", "--force", "--allow-missing"], tree)
    for pin in pinned:
        if not _complete(cache, pin):  # of a directory that lacks one file, DVC brings none
            copy(cache, pin, tree / pin.path)


def copy(cache: Cache, pin: Pin, to: Path) -> None:
    """Put a pinned file or directory into place by its hash alone, as far as the cache has it."""
    if to.is_dir():
        shutil.rmtree(to)
    to.unlink(missing_ok=True)
    listing = cache.listing(pin.md5) if pin.md5.endswith(".dir") else None
    if isinstance(listing, tuple):
        for entry in listing:
            _object(cache, entry.md5, to / entry.path)
    else:
        _object(cache, pin.md5, to)


def _object(cache: Cache, md5: str, to: Path) -> None:
    if cache.has(md5) and not md5.endswith(".dir"):
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(cache.path(md5), to)


def _complete(cache: Cache, pin: Pin) -> bool:
    listing = cache.listing(pin.md5) if pin.md5.endswith(".dir") else ()
    return not isinstance(listing, Unknown) and cache.has(pin.md5) and all(cache.has(entry.md5) for entry in listing)


def has_remote(tree: Path) -> bool:
    """Tell whether a checkout's settings name a remote to use."""
    try:
        return bool(run(["dvc", "config", "core.remote"], tree, environment_of(tree)).strip())
    except LockstepError:  # how DVC says that it is not set
        return False


def _tried(command: list[str], tree: Path) -> Iterator[str]:
    try:
        run(command, tree, environment_of(tree))
    except LockstepError as error:
        yield f"`{' '.join(command[:2])}`: {' '.join(error.details[-2:])}"
