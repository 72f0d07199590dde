"""How long each stage took at its last run in this checkout; shown in reviews, never pinned."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lockstep.core.workspace import Workspace


@dataclass(frozen=True)
class Durations:
    """One file per stage, so that concurrent stages never write the same file."""

    folder: Path

    @classmethod
    def of(cls, workspace: Workspace) -> "Durations":
        """Return the durations of a checkout."""
        return cls(workspace.scratch / "durations")

    def record(self, stage: str, seconds: float) -> None:
        """Save the duration of a stage; a failed write does not fail the stage."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._path(stage).write_text(json.dumps({"seconds": round(seconds, 3)}), encoding="utf-8")

    def last(self, stage: str) -> float | None:
        """Return the seconds that a stage took; None if unknown."""
        try:
            return float(json.loads(self._path(stage).read_text("utf-8"))["seconds"])
        except (OSError, ValueError, TypeError, KeyError):  # never ran here, or was killed while it wrote
            return None

    def _path(self, stage: str) -> Path:
        return self.folder / f"{stage.encode().hex()}.json"
