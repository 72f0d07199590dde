"""Run other programs: git and DVC."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lockstep.core.errors import LockstepError

LAST_LINES = 12  # last lines of a failed program's output
# In a git hook these variables point git to the hook's repository, whatever the folder.
ELSEWHERE = frozenset(
    f"GIT_{name}"
    for name in ("DIR", "WORK_TREE", "INDEX_FILE", "COMMON_DIR", "OBJECT_DIRECTORY", "NAMESPACE", "PREFIX")
)


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None, *, quiet: bool = True
) -> str:
    """Run a program in `folder` and return its output; it cannot ask questions.

    Args:
        command: the program and its arguments; no shell.
        folder: to run it in.
        environment: the whole environment; None: this process's. GIT_* variables that name a repository are removed.
        quiet: return the output; if false, show it.

    Raises:
        LockstepError: it is not installed, or it failed; with its last lines.
    """
    chosen = os.environ if environment is None else environment
    try:
        done = subprocess.run(  # noqa: S603 # no shell, fixed programs
            command,
            cwd=folder,
            env={name: value for name, value in chosen.items() if name not in ELSEWHERE},
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=quiet,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except FileNotFoundError as error:
        raise LockstepError(f"{command[0]}: not found; install it") from error
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or error.stdout or "").strip().splitlines()[-LAST_LINES:]
        what = f"`{' '.join(command[:2])}` failed in {folder} (exit code {error.returncode})"
        raise LockstepError(what, lines) from error
    return done.stdout or ""


def environment_of(root: Path) -> dict[str, str]:
    """Return the environment that runs the code of the checkout at `root` with the current programs and libraries."""
    return os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(root / "src"), os.environ.get("PYTHONPATH")])),
    }
