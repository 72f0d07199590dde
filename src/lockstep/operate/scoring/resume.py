"""How far an earlier run came: only what is proven good counts."""

from itertools import takewhile
from pathlib import Path

from lockstep.core.errors import LockstepError
from lockstep.core.files import sha256
from lockstep.operate.scoring.manifest import NAME, Part, ScoringManifest


def resume(folder: Path, job: ScoringManifest) -> ScoringManifest | None:
    """Return the manifest of the good parts in `folder`; None where it is not of the same scoring.

    Good are the listed parts up to the first one that is missing or has another digest.

    Args:
        folder: it need not exist.
        job: the scoring asked for, with no parts.
    """
    if not (folder / NAME).is_file():
        return None
    try:
        found = ScoringManifest.read(folder)
    except LockstepError:
        return None  # nothing can be said of the parts, and all of them can be made anew
    if not found.is_of(job):
        return None
    return job.with_parts(takewhile(lambda part: _good(folder, part), found.parts))


def _good(folder: Path, part: Part) -> bool:
    path = folder / part.file
    return path.is_file() and sha256(path) == part.sha256
