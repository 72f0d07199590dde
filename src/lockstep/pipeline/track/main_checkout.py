"""The checkout that a temporary one belongs to: what is kept for good is kept there."""

from pathlib import Path

INSIDE = ((".lockstep", "worktrees"), (".dvc", "tmp", "exps"))
"""Where Lockstep and `dvc exp run --temp` put their temporary checkouts, in the user's own."""


def home(root: Path) -> Path:
    """Return the absolute path of the user's checkout: `root`, or the one that the temporary checkout lies in."""
    path = root.resolve()
    for parent in path.parents:
        below = path.relative_to(parent).parts
        if any(below[: len(inside)] == inside for inside in INSIDE):
            return parent
    return path
