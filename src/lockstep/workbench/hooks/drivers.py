"""The merge drivers: their lines in .gitattributes, and git's settings, which all worktrees share."""

import shlex
import sys
from pathlib import Path

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError

LOCK_DRIVER = "lockstep-lock"
REPORT_DRIVER = "lockstep-report"
LINES = (f"dvc.lock merge={LOCK_DRIVER}", f"data/reports/*.json merge={REPORT_DRIVER}")


def added(text: str) -> str:
    """Return the text of .gitattributes with `LINES`, each once; the other lines stay as they are."""
    there = text.splitlines()
    missing = [line for line in LINES if line not in there]
    if not missing:
        return text
    ended = text if not text or text.endswith("\n") else f"{text}\n"
    return ended + "".join(f"{line}\n" for line in missing)


def removed(text: str) -> str:
    """Return the text of .gitattributes without `LINES`."""
    return "".join(line for line in text.splitlines(keepends=True) if line.strip() not in LINES)


def settings(program: Path) -> dict[str, str]:
    """Return the settings of git that make a program the driver, by its full path: no environment has to be active."""
    lockstep = shlex.quote(str(program)).replace("%", "%%")  # git's own signs begin with %
    # Without the environment, the driver would keep ours without conflict markers: use git's merge by lines.
    by_lines = "git merge-file -L ours -L base -L theirs %A %O %B"
    by_stages = f"{lockstep} merge-lock %O %A %B %P"
    return {
        f"merge.{LOCK_DRIVER}.name": "dvc.lock, stage by stage",
        f"merge.{LOCK_DRIVER}.driver": f"if test -x {lockstep}; then {by_stages}; else {by_lines}; fi",
        # Numbers of two models cannot be merged: ours stay until `dvc repro` has rewritten the file.
        f"merge.{REPORT_DRIVER}.name": "keeps ours until dvc repro rewrites it",
        f"merge.{REPORT_DRIVER}.driver": "true",
    }


def own_program() -> Path:
    """Return the command `lockstep` of the environment that runs this.

    Raises:
        LockstepError: it has none.
    """
    program = Path(sys.executable).parent / "lockstep"
    if not program.is_file():
        raise LockstepError(f"install-hooks: no command {program}, which git would have to run; install Lockstep there")
    return program


def set_up(root: Path, program: Path) -> None:
    """Write the settings.

    Raises:
        LockstepError: this is no git repository.
    """
    for name, value in settings(program).items():
        run(["git", "config", "--local", name, value], root)


def take_away(root: Path) -> None:
    """Remove the settings, those that are there."""
    for driver in (LOCK_DRIVER, REPORT_DRIVER):
        if _is_there(root, driver):
            run(["git", "config", "--local", "--remove-section", f"merge.{driver}"], root)


def _is_there(root: Path, driver: str) -> bool:
    try:
        run(["git", "config", "--local", f"merge.{driver}.driver"], root)
    except LockstepError:
        return False
    return True
