"""The merge driver for dvc.lock that git calls with three files; the merged one replaces ours."""

from dataclasses import dataclass
from pathlib import Path

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError, shorten
from lockstep.versioning.lockfile.lock import LOCK, read_lock
from lockstep.versioning.merging import conflict
from lockstep.versioning.merging.stages import Conflict, Merged, merge
from lockstep.versioning.merging.text import Lines, join, split

NEXT = (
    "finish dvc.yaml, params.yaml and the code first; then `dvc repro`, `git add dvc.lock data/reports`, `git commit`"
)

EMPTY = "schema: '2.0'\nstages: {}\n"


@dataclass(frozen=True)
class Outcome:
    """The result of a merge.

    Attributes:
        text: the merged file; None if it is not a lock as DVC writes it: git merges it by lines.
        messages: for the user, a line each.
        clean: whether there is no conflict.
    """

    text: str | None
    messages: tuple[str, ...] = ()
    clean: bool = True


def merge_files(base: Path, ours: Path, theirs: Path, name: str) -> Outcome:
    """Merge three versions of a lock into the second file, as a git merge driver does, and return the outcome.

    Args:
        base: the version that both come from; empty if there is none.
        ours: of the branch that is merged into.
        theirs: of the other one.
        name: of the file in the repository.

    Raises:
        LockstepError: git, which merges files that are not locks, is missing.
    """
    was, mine, other = (path.read_bytes().decode("utf-8", "surrogateescape") for path in (base, ours, theirs))
    found = merge_texts(was, mine, other, name)
    if found.text is None:
        return Outcome(None, found.messages, clean=_by_lines(base, ours, theirs))
    # Git's temporary file, which git reads only if this process succeeds: a partial write is never seen.
    ours.write_bytes(found.text.encode("utf-8", "surrogateescape"))
    return found


def merge_texts(base: str, ours: str, theirs: str, name: str = "dvc.lock") -> Outcome:
    """Return the merge of three versions of a lock; where only one side changed, that side, byte for byte."""
    if base in (ours, theirs) or ours == theirs:
        return Outcome(theirs if base == ours else ours)
    try:
        lines = split(base), split(ours), split(theirs)
        merged = merge(*(one.stages for one in lines))
        text = _write(merged, _frame(*lines))
    except (LockstepError, ValueError) as error:
        return Outcome(None, (f"{name}: merged by lines: {shorten(error)}",))
    return Outcome(text, tuple(_messages(merged, name)), clean=not merged.conflicts)


def _write(merged: Merged, frame: tuple[str, str]) -> str:
    """Return the merged file, read back.

    Raises:
        ValueError: it does not parse to what was merged, for example because an alias has lost its anchor.
    """
    if not merged.stages:
        return EMPTY
    stages = merged.stages.values()
    text = join(frame, (conflict.write(one) if isinstance(one, Conflict) else one.text for one in stages))
    meant = [conflict.placeholder(one) if isinstance(one, Conflict) else one.execution for one in stages]
    if list(read_lock(text, LOCK).executions) != meant:
        raise ValueError("its stages are not formatted as DVC formats them")
    return text


def _frame(base: Lines, ours: Lines, theirs: Lines) -> tuple[str, str]:
    """Return the lines around the stages, from the side that changed them.

    Raises:
        ValueError: both sides changed them.
    """
    if not ours.stages or not theirs.stages:
        return ours.frame if ours.stages else theirs.frame
    if base.frame == ours.frame:
        return theirs.frame
    if theirs.frame in (base.frame, ours.frame):
        return ours.frame
    raise ValueError("both sides changed the lines around the stages")


def _messages(merged: Merged, name: str) -> list[str]:
    lines = []
    if merged.rerun:
        lines.append(f"{name}: inputs changed on both sides, `dvc repro` will rerun: {_list(merged.rerun)}")
    for stage, both in merged.conflicts.items():
        lines.append(f"{name}: stage {stage} changed on both sides: {_list(conflict.differing(both))}")
    if merged.conflicts:
        lines.append(NEXT)
    return lines


def _list(names: tuple[str, ...] | list[str]) -> str:
    return shorten(", ".join(names))


def _by_lines(base: Path, ours: Path, theirs: Path) -> bool:
    """Merge by lines, as git does without a driver, and return whether there is no conflict."""
    labels = [part for label in ("ours", "base", "theirs") for part in ("-L", label)]
    try:
        run(["git", "merge-file", "-q", *labels, str(ours), str(base), str(theirs)], Path())
    except LockstepError:
        return False
    return True
