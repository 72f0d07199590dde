"""Data for another checkout of the project: from the cache or the remote of the user's checkout."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lockstep.core.commands import environment_of, run
from lockstep.core.errors import LockstepError
from lockstep.versioning.cache import Cache
from lockstep.versioning.dvc_config import remote_of, shared_settings, write_settings
from lockstep.versioning.fetch import Wanted, fetch, lacks
from lockstep.versioning.hashes.content_hash import DIRECTORY
from lockstep.versioning.lockfile.lock import LOCK, Pin, lock_text, read_lock
from lockstep.versioning.project import Project


def share_settings(root: Path, tree: Path) -> None:
    """Let a checkout use the cache, the remotes and the other settings of the user's checkout.

    Raises:
        LockstepError: the commit holds no DVC project, or the settings cannot be read.
    """
    if not (tree / ".dvc").is_dir():  # DVC would find a project in a folder above
        raise LockstepError(f"{tree}: no DVC project as committed; `git add .dvc dvc.yaml dvc.lock`, and commit them")
    write_settings(shared_settings(root), tree)


def bring(project: Project, tree: Path, pins: Iterable[Pin]) -> Iterator[str]:
    """Put pinned data into a checkout, and yield DVC's error messages; missing data is left out."""
    pinned = [pin for pin in pins if not (tree / pin.path).exists()]  # the rest is in git
    if failed := fetch(project.root, project.cache, map(Wanted, pinned)):
        yield failed
    try:
        run(["dvc", "checkout", "--quiet", "--force", "--allow-missing"], tree, environment_of(tree))
    except LockstepError as error:
        yield f"`dvc checkout`: {' '.join(error.details[-2:])}"
    for pin in pinned:
        if lacks(project.cache, Wanted(pin)):  # DVC checks out no file of a directory that lacks one
            copy(project.cache, pin, tree / pin.path)


def bring_outputs(project: Project, tree: Path, outputs: Sequence[str]) -> None:
    """Put some outputs into a checkout, or parts of outputs, as its dvc.lock pins them.

    Raises:
        LockstepError: neither the cache nor the remote has them, or the lock pins nothing of that name.
    """
    names = ", ".join(outputs)
    pins = read_lock(lock_text(tree), str(tree / LOCK)).outs.values()
    wanted = [Wanted(pin) for pin in pins if any(_overlap(pin.path, output) for output in outputs)]
    failed = fetch(project.root, project.cache, wanted)
    try:
        run(["dvc", "checkout", "--", *outputs], tree, environment_of(tree))
    except LockstepError as error:
        where = (
            "not in DVC's cache or remote" if remote_of(project.root) else "not in DVC's cache, and no remote is set"
        )
        raise LockstepError(f"{names}: {where}; run `dvc repro`", [*filter(None, [failed]), *error.details]) from error


def copy(cache: Cache, pin: Pin, to: Path) -> None:
    """Copy a pinned file or directory from the cache by its hash; what the cache lacks is left out."""
    if to.is_dir():
        shutil.rmtree(to)
    to.unlink(missing_ok=True)
    listing = cache.listing(pin.md5) if pin.md5.endswith(DIRECTORY) else None
    if isinstance(listing, tuple):
        for entry in listing:
            _copy_object(cache, entry.md5, to / entry.path)
    elif listing is None:
        _copy_object(cache, pin.md5, to)


def _copy_object(cache: Cache, md5: str, to: Path) -> None:
    if cache.has(md5):
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(cache.path(md5), to)


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
