"""Every version of dvc.lock that is reachable from a branch, a tag or an experiment."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lockstep.core.commands import run
from lockstep.versioning.git_objects import objects
from lockstep.versioning.lockfile.lock import LOCK

FIELDS = "%H%x00%cI%x00%an%x00%s"


@dataclass(frozen=True)
class Commit:
    """A commit: hash, date (ISO 8601), author, and the first line of its message."""

    hash: str
    when: str
    author: str
    subject: str


@dataclass(frozen=True)
class Version:
    """One content of dvc.lock, and the commits that introduced it, newest first."""

    blob: str
    commits: tuple[Commit, ...]


def commit(root: Path, revision: str) -> Commit:
    """Return a commit by a name that git knows."""
    return _commit(run(["git", "show", "--no-patch", "--no-show-signature", f"--format={FIELDS}", revision], root))


def versions(root: Path) -> list[Version]:
    """Return all versions of dvc.lock, newest first."""
    # --full-history: also versions that a merge discarded.
    log = ["git", "log", "--all", "--full-history", "--date-order", "--no-show-signature", f"--format={FIELDS}"]
    commits = [_commit(line) for line in run([*log, "--", LOCK], root).split("\n") if line]
    prefix = run(["git", "rev-parse", "--show-prefix"], root).strip("\n")
    found: dict[str, list[Commit]] = {}
    names = (f"{one.hash}:{prefix}{LOCK}" for one in commits)
    for one, (blob, _) in zip(commits, objects(root, names, "--batch-check"), strict=True):
        if blob:
            found.setdefault(blob, []).append(one)
    return [Version(blob, tuple(those)) for blob, those in found.items()]


def texts(root: Path, found: Iterable[Version]) -> Iterator[tuple[Version, bytes]]:
    """Yield each version with its text; one text is in memory at a time."""
    asked = list(found)
    for one, (_, text) in zip(asked, objects(root, (one.blob for one in asked), "--batch"), strict=True):
        yield one, text


def _commit(line: str) -> Commit:
    return Commit(*line.rstrip("\n").split("\0", 3))
