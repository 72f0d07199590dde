"""A mark in `.lockstep/` for a result that is not published yet."""

import contextlib
import json
from pathlib import Path

from lockstep.core.errors import LockstepError
from lockstep.core.files import write_json
from lockstep.pipeline.track.place import main_checkout

NAME = "unpublished.json"


def mark(root: Path, fingerprint: str, why: LockstepError) -> None:
    """Write the mark, if the disk allows: a full disk may be why publishing failed."""
    with contextlib.suppress(OSError, LockstepError):
        write_json(_file(root), {"result": fingerprint, "because": [why.what, *why.details]})


def clear(root: Path, fingerprint: str) -> None:
    """Delete the mark if it is of this result."""
    if waiting(root) == fingerprint:
        _file(root).unlink(missing_ok=True)


def waiting(root: Path) -> str | None:
    """Return the fingerprint of the result that is not published yet, if there is one."""
    try:
        found: str = json.loads(_file(root).read_text(encoding="utf-8"))["result"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found


def _file(root: Path) -> Path:
    return main_checkout(root) / ".lockstep" / NAME
