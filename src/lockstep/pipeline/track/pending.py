"""The result that waits to be published: a mark in `.lockstep/`, so that it is not forgotten."""

import contextlib
import json
from pathlib import Path

from lockstep.core.errors import LockstepError
from lockstep.core.files import write_json
from lockstep.pipeline.track.main_checkout import home

NAME = "unpublished.json"


def mark(root: Path, fingerprint: str, why: LockstepError) -> None:
    """Leave the mark; a disk that is full of what stopped the publishing may not take it."""
    with contextlib.suppress(OSError, LockstepError):
        write_json(_file(root), {"result": fingerprint, "because": [why.what, *why.details]})


def clear(root: Path, fingerprint: str) -> None:
    """Take away the mark of a result, and no other."""
    if waiting(root) == fingerprint:
        _file(root).unlink(missing_ok=True)


def waiting(root: Path) -> str | None:
    """Return the fingerprint of the result that waits, if any does."""
    try:
        found: str = json.loads(_file(root).read_text(encoding="utf-8"))["result"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found


def _file(root: Path) -> Path:
    return home(root) / ".lockstep" / NAME
