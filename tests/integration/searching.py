"""A worker of a search: `python -m tests.integration.searching URL FOLDER RESULT HANG_AT`."""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lockstep.learners.spec import Budget, Fitted
from lockstep.pipeline.tune import storage
from lockstep.pipeline.tune.search import Study, search
from tests.unit.pipeline.tune.parabola import Parabola, objective, spec

ROOT = Path(__file__).parents[2]
NAME = "shared"
TRIALS = 14
FIT = 0.03  # seconds: long enough for two workers to meet
HANGS = 600.0  # seconds: until it is killed
GRACE = 3  # seconds


@dataclass
class Slow(Parabola):
    """Takes its time; at one fit it leaves a mark and waits to be killed."""

    mark: Path = Path()
    hang_at: int = 0

    def fit(self, fold: Any, params: Any, budget: Budget, seed: int) -> Fitted:
        fitted = super().fit(fold, params, budget, seed)
        if self.fits == self.hang_at:
            self.mark.write_text(str(self.fits))
            time.sleep(HANGS)
        time.sleep(FIT)
        return fitted


def main(url: str, folder: Path, result: Path, hang_at: int) -> None:
    """Search, and write the result and how many fits it took."""
    storage.HEARTBEAT = 1
    learner = Slow(mark=result.with_suffix(".mark"), hang_at=hang_at)
    place = storage.place(url or None, folder, NAME)
    study = Study(NAME, replace(place, grace=GRACE), folder / NAME)
    found = search(objective(learner), spec(trials=TRIALS), study)
    result.write_text(json.dumps({"result": asdict(found), "fits": learner.fits}, sort_keys=True))


def start(url: str, folder: Path, result: Path, hang_at: int = 0) -> subprocess.Popen[bytes]:
    """Start a worker."""
    command = [sys.executable, "-m", "tests.integration.searching", url, str(folder), str(result), str(hang_at)]
    return subprocess.Popen(command, cwd=ROOT)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
