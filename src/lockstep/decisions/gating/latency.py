"""How long one row takes, from a frame to its prediction."""

import time
from pathlib import Path
from statistics import median

from lockstep.artifacts.bundle import Model
from lockstep.core.errors import LockstepError
from lockstep.core.manifest import Manifest

ROWS = 200  # one after the other
WARM = 20  # of them not counted: the first ones fill caches


def measure(directory: Path, features: Path) -> float:
    """Return the median over single test rows, in milliseconds, on one thread of this machine.

    Raises:
        LockstepError: the model or the features are missing or damaged, or there are no test rows.
    """
    model = Model.load(directory)
    test = Manifest.read(features).frame(features, "test")
    if test.empty:
        raise LockstepError(f"{features / 'test.parquet'}: no row to measure on")
    rows = [test.iloc[[number % len(test)]] for number in range(ROWS)]
    taken = []
    for row in rows:
        start = time.perf_counter()
        model.predict(row)
        taken.append(time.perf_counter() - start)
    return 1000 * median(taken[WARM:])
