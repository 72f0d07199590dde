"""A second checkout of the same git repository, in another folder."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockstep.core.commands import run


@contextmanager
def worktree(root: Path, name: str, revision: str = "HEAD") -> Iterator[Path]:
    """Yield a checkout of a revision under `.lockstep/worktrees/`, and remove it on leaving.

    The user's files, index and branches stay as they are. A worktree that a killed run left is removed first; the
    caller ensures that no other process uses it.

    Args:
        root: of the user's checkout.
        name: of the folder.
        revision: what is checked out, without a branch.

    Raises:
        LockstepError: this is no git repository, or has no such revision.
    """
    path = place(root, name)
    commit = resolve(root, revision)
    remove(root, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        add(root, path, commit)
        yield path
    finally:
        remove(root, path)


def add(root: Path, path: Path, commit: str) -> None:
    """Check a commit out at a path, without a branch.

    Raises:
        LockstepError: something is there, or git fails.
    """
    # No hooks: those of `dvc install` would look for outputs in a cache that is not configured yet.
    bare = ["git", "-c", f"core.hooksPath={os.devnull}"]
    # --force twice: git may still list a deleted worktree of a killed run.
    run([*bare, "worktree", "add", "--quiet", "--force", "--force", "--detach", str(path), commit], root)


def place(root: Path, name: str) -> Path:
    """Return the path of the worktree of that name."""
    return root.resolve() / ".lockstep" / "worktrees" / name


def resolve(root: Path, revision: str) -> str:
    """Return the full hash of a commit.

    Raises:
        LockstepError: there is none of that name, or this is no git repository.
    """
    return run(["git", "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"], root).strip()


def remove(root: Path, path: Path) -> None:
    """Remove a worktree, also an incomplete one of a killed run."""
    # The folder first: git refuses to remove a worktree with missing files.
    shutil.rmtree(path, ignore_errors=True)
    if _known(root, path):
        # --force twice: a killed `git worktree add` leaves its worktree locked. No `prune`: it would also forget the
        # user's worktrees on disks that are not mounted.
        run(["git", "worktree", "remove", "--force", "--force", str(path)], root)


def _known(root: Path, path: Path) -> bool:
    return f"worktree {path}" in run(["git", "worktree", "list", "--porcelain"], root).split("\n")
