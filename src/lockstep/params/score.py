"""Section `score`: where batch scores are written, and how many rows a file has."""

from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from lockstep.core.spec import Spec

PINNED = "data"  # everything below it is pinned by DVC, and nothing else is


def _inside(value: Any) -> PurePosixPath:
    text = value if isinstance(value, str) and value.isprintable() else ""
    path = PurePosixPath(text)
    if not path.parts or path.is_absolute() or ".." in path.parts:
        raise ValueError("expected a folder inside the project, such as scores")
    if path.parts[0] == PINNED:
        raise ValueError(f"expected a folder outside of {PINNED}/, below which everything is pinned by DVC")
    return path


class ScoreSpec(Spec):
    """Batch scores of the current snapshot."""

    output: Annotated[PurePosixPath, BeforeValidator(_inside)] = PurePosixPath("scores")
    """Folder of the scores, relative to the project's root; neither pinned nor in git."""
    rows_per_part: int = Field(100_000, ge=1)
    """Rows per Parquet file; this many are in memory at once, and a killed run repeats at most this many."""
