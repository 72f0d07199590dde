"""The manifest of a folder of scores: which model, which rows, and which parts are done."""

from collections.abc import Iterable
from datetime import datetime
from itertools import takewhile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lockstep.core.errors import LockstepError
from lockstep.core.files import read_model, sha256, write_json
from lockstep.tasks.registry import TaskName

NAME = "manifest.json"


def part_name(place: int) -> str:
    """Return the file name of a part, counted from 0."""
    return f"part-{place:05}.parquet"


class Part(BaseModel):
    """One Parquet file, written whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    rows: int = Field(ge=1)
    sha256: str
    unknown: dict[str, int] = {}
    """Category -> rows with a level that training did not see, if any; they count as missing."""


class ScoringManifest(BaseModel):
    """One scoring: model, snapshot, and the parts that are done, in the order of the snapshot."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    complete: bool
    """Whether the parts hold all rows."""
    reason: str | None
    """Why there is nothing to predict; None if there is."""
    as_of: datetime | None
    task: TaskName
    classes: tuple[str, ...] | None
    """Multiclass: `probability_0` is that of the first."""
    model: str
    """SHA-256 of the model's signature, which holds the digests of all its files."""
    features: str
    """SHA-256 of the snapshot's file."""
    rows_per_part: int
    rows: int
    """Of the snapshot."""
    parts: tuple[Part, ...]

    @model_validator(mode="after")
    def _consistent(self) -> "ScoringManifest":
        if [part.file for part in self.parts] != [part_name(place) for place in range(len(self.parts))]:
            raise ValueError("the parts are not numbered from 0 on")
        if self.complete != (self.scored == self.rows):
            raise ValueError("complete does not match the rows of the parts")
        return self

    @property
    def scored(self) -> int:
        """Rows in the parts."""
        return sum(part.rows for part in self.parts)

    @property
    def unknown(self) -> dict[str, int]:
        """Category -> rows of all parts with a level that training did not see, if any."""
        names = sorted({name for part in self.parts for name in part.unknown})
        return {name: sum(part.unknown.get(name, 0) for part in self.parts) for name in names}

    def with_parts(self, parts: Iterable[Part]) -> "ScoringManifest":
        """Return the manifest of the same scoring with these parts done."""
        done = tuple(parts)
        complete = sum(part.rows for part in done) == self.rows
        return self.model_copy(update={"parts": done, "complete": complete})

    def is_of(self, other: "ScoringManifest") -> bool:
        """Return whether both are of one scoring: same model, same snapshot, same size of parts."""
        return self.with_parts(()) == other.with_parts(())

    def write(self, folder: Path) -> None:
        """Write `manifest.json`, whole."""
        write_json(folder / NAME, self.model_dump(mode="json"))

    @classmethod
    def read(cls, folder: Path) -> "ScoringManifest":
        """Return the manifest of a folder of scores.

        Raises:
            LockstepError: it is missing or damaged.
        """
        return read_model(cls, folder / NAME)


def resume(folder: Path, job: ScoringManifest) -> ScoringManifest | None:
    """Return the manifest of the good parts in `folder`; None if it is of another scoring.

    The good parts are those before the first one that is missing or has another digest.

    Args:
        folder: it need not exist.
        job: the requested scoring, without parts.
    """
    if not (folder / NAME).is_file():
        return None
    try:
        found = ScoringManifest.read(folder)
    except LockstepError:
        return None  # the parts cannot be verified; they are scored again
    if not found.is_of(job):
        return None
    return job.with_parts(takewhile(lambda part: _good(folder, part), found.parts))


def _good(folder: Path, part: Part) -> bool:
    path = folder / part.file
    return path.is_file() and sha256(path) == part.sha256
