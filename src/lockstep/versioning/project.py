"""A checkout: its locks, its history, its cache."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError
from lockstep.versioning.cache import Cache, open_cache
from lockstep.versioning.history import Commit, Version, commit, versions
from lockstep.versioning.lockfile.lock import LOCK, Lock, Pin, lock_text, read_lock
from lockstep.versioning.worktree import resolve

WORKSPACE = "workspace"
"""Name of the checkout itself, as in DVC's commands."""


@dataclass(frozen=True)
class Origin:
    """Where a lock comes from: commits, newest first, or the checkout, with the files changed since its commit."""

    name: str
    commits: tuple[Commit, ...]
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A lock, its origin, and the requested pins; none means the whole lock."""

    lock: Lock
    origin: Origin
    pins: tuple[Pin, ...] = ()


@dataclass(frozen=True)
class Project:
    """A checkout; nothing in it is changed."""

    root: Path

    @cached_property
    def cache(self) -> Cache:
        """DVC's cache."""
        return open_cache(self.root)

    @cached_property
    def history(self) -> Sequence[Version]:
        """Every version of dvc.lock that is reachable from a ref, newest first."""
        return versions(self.root)

    @cached_property
    def workspace(self) -> Source:
        """The checkout as it is.

        Raises:
            LockstepError: it has no dvc.lock yet, or is no git repository.
        """
        head = commit(self.root, resolve(self.root, "HEAD"))
        text = lock_text(self.root)
        changed = run(["git", "diff", "-z", "HEAD", "--name-only", "--relative", "--ignore-submodules"], self.root)
        lock = read_lock(text, str(self.root / LOCK))
        return Source(lock, Origin(WORKSPACE, (head,), tuple(filter(None, changed.split("\0")))))

    def at(self, revision: str, name: str) -> Source:
        """Return a commit's lock; `name` is the user's name of the commit.

        Raises:
            LockstepError: there is no such commit, or it has no dvc.lock.
        """
        found = commit(self.root, resolve(self.root, revision))
        try:
            text = run(["git", "show", f"{found.hash}:./{LOCK}"], self.root)
        except LockstepError as error:
            raise LockstepError(f"{name}: no {LOCK} is committed there") from error
        return Source(read_lock(text, f"{name}: {LOCK}"), Origin(name, (found,)))

    def version(self, version: Version, text: bytes) -> Source:
        """Return a version of the history."""
        shown = version.commits[0].hash[:7]
        lock = read_lock(text.decode("utf-8", "replace"), f"{shown}: {LOCK}")
        return Source(lock, Origin(shown, version.commits))
