"""Rule `size`: no big file is in git; data belongs in DVC."""

from collections.abc import Mapping
from pathlib import Path

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError, shorten
from lockstep.workbench.check.finding import Finding, Skipped

RULE = "size"
LIMIT = 5_000_000  # bytes


def big(sizes: Mapping[str, int]) -> list[Finding]:
    """Return the files that are too big, largest first."""
    found = sorted(((size, name) for name, size in sizes.items() if size > LIMIT), reverse=True)
    least = f"at most {LIMIT / 1e6:g} MB in git; `dvc add` it or ignore it"
    return [Finding(RULE, f"{shorten(name)} ({size / 1e6:,.1f} MB)", least) for size, name in found]


def sizes(root: Path) -> dict[str, int] | Skipped:
    """Return the sizes of all files that are tracked or staged, in this checkout."""
    try:
        names = run(["git", "ls-files", "-z"], root).split("\0")
    except LockstepError:
        return Skipped(RULE, "this is no git repository")
    found = {}
    for name in filter(None, names):
        path = root / name
        if path.is_file() and not path.is_symlink():
            found[name] = path.stat().st_size
    large = [name for name, size in found.items() if size > LIMIT]
    return {name: size for name, size in found.items() if name not in large or not _elsewhere(root, name)}


def _elsewhere(root: Path, name: str) -> bool:
    """Return whether git holds only a pointer to the file (Git LFS)."""
    return run(["git", "check-attr", "-z", "filter", "--", name], root).split("\0")[2] == "lfs"
