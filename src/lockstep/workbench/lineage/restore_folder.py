"""Where a restored checkout may lie: nowhere that the user's own would notice."""

from pathlib import Path

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError


def check(root: Path, place: Path) -> Path:
    """Return the place, absolute, if a checkout may be made there.

    Raises:
        LockstepError: something is there, or it lies inside of this checkout, of git's folder or of DVC's.
    """
    found = place.resolve()
    if found.exists() and not (found.is_dir() and not any(found.iterdir())):
        raise LockstepError(f"{place}: there is something; --restore wants a folder that is empty or not there yet")
    for folder in _own(root):
        if found.is_relative_to(folder) and not found.is_relative_to(root / ".lockstep"):
            raise LockstepError(
                f"{place}: inside of {folder}, which a restored checkout leaves alone; try ../{found.name}"
            )
    if not found.name:
        raise LockstepError(f"{place}: not a folder that can be made")
    return found


def partial(place: Path) -> Path:
    """Return where a checkout grows until it is whole; it has no other name than that till then.

    Raises:
        LockstepError: one is there: another restore runs, or was killed.
    """
    path = place.with_name(f".{place.name}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir()
    except FileExistsError as error:
        remove = (
            f"if no other one runs: `git worktree remove --force --force '{path}'`, or remove the folder; then again"
        )
        raise LockstepError(f"{path}: what a restore left that was killed, or one that still runs", [remove]) from error
    return path


def _own(root: Path) -> tuple[Path, ...]:
    said = run(["git", "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir"], root).splitlines()
    return tuple(Path(line).resolve() for line in said)
