"""Other programs, run in a folder: git and DVC."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lockstep.core.errors import LockstepError

SAID = 12  # last lines of a program that failed
# Set in a git hook, they would lead git to the repository of the hook, wherever it is run.
ELSEWHERE = frozenset(
    f"GIT_{name}"
    for name in ("DIR", "WORK_TREE", "INDEX_FILE", "COMMON_DIR", "OBJECT_DIRECTORY", "NAMESPACE", "PREFIX")
)


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None, *, quiet: bool = True
) -> str:
    """Run a program in `folder` and return what it printed; it has no terminal to ask questions on.

    Args:
        command: the program and its arguments; no shell.
        folder: to run it in.
        environment: all of its environment; None for this process's. Git finds its repository by `folder` alone.
        quiet: whether its output is returned instead of shown.

    Raises:
        LockstepError: it is not installed, or it failed; in its own words.
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
        raise LockstepError(f"{command[0]}: not found; it must be installed") from error
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout or "").strip().splitlines()[-SAID:]
        what = f"`{' '.join(command[:2])}` failed in {folder} (exit code {error.returncode})"
        raise LockstepError(what, said) from error
    return done.stdout or ""


def environment_of(root: Path) -> dict[str, str]:
    """Return the environment in which a checkout runs its own code with this environment's programs and libraries."""
    return os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(root / "src"), os.environ.get("PYTHONPATH")])),
    }
