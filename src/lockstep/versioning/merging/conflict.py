"""A stage that both branches changed, as written to the merged lock until `dvc repro` has run it."""

import re
from collections.abc import Iterator

from lockstep.core.errors import shorten
from lockstep.versioning.lockfile.lock import Execution
from lockstep.versioning.merging.stages import Conflict

SHOWN = 6  # lines a side
_REST = re.compile(r"^    (?:deps|params|outs):.*", re.MULTILINE | re.DOTALL)


def write(conflict: Conflict) -> str:
    """Return lines that DVC can read: the stage with only its command, and the differences as comments.

    DVC treats a stage without hashes as never run: `dvc repro` runs it, or restores a side's run from its run cache if
    the files are that side's, and rewrites the stage without the comments. They follow `cmd`, because DVC would keep
    comments that precede it.
    """
    ours, theirs = (list(_differing(one, other)) for one, other in _both(conflict))
    notes = ["<<<<<<< ours", *_short(ours), "=======", *_short(theirs), ">>>>>>> theirs"]
    return _REST.sub("", conflict.ours.text) + "".join(f"    # {line}\n" for line in notes)


def placeholder(conflict: Conflict) -> Execution:
    """Return the stage as a lock with this conflict has it: only its command."""
    return Execution(conflict.ours.execution.stage, conflict.ours.execution.cmd)


def differing(conflict: Conflict) -> list[str]:
    """Return the names of differing commands, params and deps."""
    lines = {line.rpartition(": ")[0] for one, other in _both(conflict) for line in _differing(one, other)}
    return sorted(lines) or ["same inputs, different results"]


def _both(conflict: Conflict) -> list[tuple[Execution, Execution]]:
    ours, theirs = conflict.ours.execution, conflict.theirs.execution
    return [(ours, theirs), (theirs, ours)]


def _differing(one: Execution, other: Execution) -> Iterator[str]:
    if one.cmd != other.cmd:
        yield f"cmd: {shorten(one.cmd)}"
    theirs = set(other.params)
    yield from (shorten(f"{param.name}: {param.value}") for param in one.params if param not in theirs)
    read = set(other.deps)
    yield from (shorten(f"{pin.path}: {pin.md5[:7]}") for pin in one.deps if pin not in read)


def _short(lines: list[str]) -> list[str]:
    left = len(lines) - SHOWN
    return [*lines[:SHOWN], *([f"... and {left} more"] if left > 0 else [])]
