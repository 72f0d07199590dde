"""The folder for a restored checkout: outside of the user's checkout."""

from pathlib import Path

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError


def check(root: Path, place: Path) -> Path:
    """Return the absolute path of a place where a checkout may be created.

    Raises:
        LockstepError: it is not empty, or is inside of this checkout or of git's folder.
    """
    found = place.resolve()
    if found.exists() and not (found.is_dir() and not any(found.iterdir())):
        raise LockstepError(f"{place}: is not empty; --restore needs a folder that is empty or does not exist")
    for folder in _own(root):
        if found.is_relative_to(folder) and not found.is_relative_to(root / ".lockstep"):
            raise LockstepError(
                f"{place}: is inside of {folder}; choose a folder outside of it, such as ../{found.name}"
            )
    if not found.name:
        raise LockstepError(f"{place}: cannot be created")
    return found


def partial(place: Path) -> Path:
    """Create the hidden folder that holds the checkout until it is complete.

    Raises:
        LockstepError: it exists: another restore runs, or was killed.
    """
    path = place.with_name(f".{place.name}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir()
    except FileExistsError as error:
        remove = f"if no other restore runs: `git worktree remove --force --force '{path}'`, or remove the folder"
        raise LockstepError(f"{path}: left by a restore that was killed, or one that still runs", [remove]) from error
    return path


def _own(root: Path) -> tuple[Path, ...]:
    said = run(["git", "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir"], root).splitlines()
    return tuple(Path(line).resolve() for line in said)
