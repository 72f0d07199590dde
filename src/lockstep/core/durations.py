"""How long each stage took when it last ran in this checkout: told to a reviewer, and never pinned."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lockstep.core.workspace import Workspace


@dataclass(frozen=True)
class Durations:
    """A file for each stage, so that two that run at once do not write the same one."""

    folder: Path

    @classmethod
    def of(cls, workspace: Workspace) -> "Durations":
        """Return those of a checkout."""
        return cls(workspace.scratch / "durations")

    def record(self, stage: str, seconds: float) -> None:
        """Keep how long a stage took; where that cannot be written, the stage is done all the same."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._path(stage).write_text(json.dumps({"seconds": round(seconds, 3)}), encoding="utf-8")

    def last(self, stage: str) -> float | None:
        """Return how many seconds a stage took, None where that is not known."""
        try:
            return float(json.loads(self._path(stage).read_text("utf-8"))["seconds"])
        except (OSError, ValueError, TypeError, KeyError):  # never ran here, or was killed while it wrote
            return None

    def _path(self, stage: str) -> Path:
        return self.folder / f"{stage.encode().hex()}.json"
