"""Git repositories with DVC for tests: made, worked in, and looked at as a user could."""

import io
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import chdir, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from lockstep.core.commands import environment_of

AUTHOR = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@t"}


def checkout(root: Path, files: Mapping[str, str], ignored: str = ".lockstep/\n", top: Path | None = None) -> Path:
    """Make a folder with git and DVC set up and these files by name; nothing is committed.

    Args:
        root: the folder; its parents are made too.
        files: names and contents.
        ignored: the content of .gitignore.
        top: the folder above that is git's; None for the same one.
    """
    root.mkdir(parents=True)
    call(top or root, "git", "init", "-q", "-b", "main")
    (root / ".dvc").mkdir()
    settings = {
        ".dvc/config": "[core]\n    analytics = false\n",
        ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
        ".gitignore": ignored,
    }
    for name, text in (settings | dict(files)).items():
        (root / name).write_text(text)
    return root


def call(root: Path, *command: str, **environment: str) -> str:
    """Run a program there with an identity, and return what it printed."""
    surroundings = environment_of(root) | AUTHOR | environment
    if command[0] == "dvc":
        return _dvc(root, command[1:], surroundings)
    done = subprocess.run(command, cwd=root, env=surroundings, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _dvc(root: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Do what the command does, without the second that a process of DVC's takes to start."""
    from dvc.cli import main

    said = io.StringIO()
    with chdir(root), patch.dict(os.environ, environment), redirect_stdout(said):
        assert main(list(arguments)) == 0, f"dvc {arguments}\n{said.getvalue()}"
    return said.getvalue()


def commit(root: Path, text: str = "work") -> None:
    """Commit everything."""
    call(root, "git", "add", "-A")
    call(root, "git", "commit", "--allow-empty", "-qm", text)


def state(root: Path) -> dict[str, object]:
    """Return all of a checkout that a user could find changed: files, their modes, index, HEAD, stash, branches."""
    files = {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
        if not {".git", ".lockstep"} & set(path.relative_to(root).parts[:1])
        if path.relative_to(root).parts[:2] not in {(".dvc", "tmp"), (".dvc", "cache")}
    }
    return {
        "files": files,
        "git": call(root, "git", "status", "--porcelain=v2", "--branch"),
        "head": call(root, "git", "rev-parse", "--symbolic-full-name", "HEAD"),
        "staged": call(root, "git", "diff", "--cached"),
        "stash": call(root, "git", "stash", "list"),
        "branches": call(root, "git", "for-each-ref", "refs/heads", "refs/remotes"),
        "worktrees": call(root, "git", "worktree", "list"),
        "dvc": call(root, "dvc", "status"),
        "settings": call(root, "dvc", "config", "--list"),
    }


def nobody(home: Path) -> dict[str, str]:
    """Return settings under which git knows no name, whatever this machine's are."""
    home.mkdir(exist_ok=True)
    return {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "EMAIL": os.devnull[:0]}
