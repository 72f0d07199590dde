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

    The user's files, index and branches stay as they are. One that a killed run left is removed first; the caller
    makes sure that nobody works in it.

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
    # No hooks: those that `dvc install` makes would look for outputs in a cache that is not set yet.
    bare = ["git", "-c", f"core.hooksPath={os.devnull}"]
    # --force twice: git still knows of one that a killed run left, and that the user deleted.
    run([*bare, "worktree", "add", "--quiet", "--force", "--force", "--detach", str(path), commit], root)


def place(root: Path, name: str) -> Path:
    """Return where the checkout of that name lies."""
    return root.resolve() / ".lockstep" / "worktrees" / name


def resolve(root: Path, revision: str) -> str:
    """Return the full hash of a commit.

    Raises:
        LockstepError: there is none of that name, or this is no git repository.
    """
    return run(["git", "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"], root).strip()


def remove(root: Path, path: Path) -> None:
    """Remove a checkout that was made beside the user's, also one that was killed half-way."""
    # The folder first: git refuses to remove one of which a killed removal has left a part.
    shutil.rmtree(path, ignore_errors=True)
    if _known(root, path):
        # --force twice: also one that git has locked, because a killed `git worktree add` left it so. No `prune`: it
        # would forget worktrees of the user's as well, those on a disk that is not there now.
        run(["git", "worktree", "remove", "--force", "--force", str(path)], root)


def _known(root: Path, path: Path) -> bool:
    return f"worktree {path}" in run(["git", "worktree", "list", "--porcelain"], root).split("\n")
