"""The rules of a gate: as pinned, and the latency as measured on this machine now."""

import time
from pathlib import Path
from statistics import median

from lockstep.artifacts.bundle import Model
from lockstep.artifacts.evaluation import Evaluation, Reason
from lockstep.core.errors import LockstepError
from lockstep.core.manifest import Manifest
from lockstep.evaluation import gate

ROWS = 200  # predicted one after the other
WARM = 20  # not counted: the first ones fill caches


def settled(evaluation: Path, model: Path, features: Path, limit: float | None) -> list[Reason]:
    """Return the pinned rules of an evaluation, with the latency measured now.

    Args:
        evaluation: folder of the pinned verdict.
        model: folder of the model that it is about.
        features: folder with the test rows on which latency is measured.
        limit: greatest latency of one row in milliseconds; None: no such rule.

    Raises:
        LockstepError: a file is missing or damaged, or there are no test rows.
    """
    pinned = Evaluation.read(evaluation).gate.reasons
    if limit is None:
        return list(pinned)
    waiting = gate.latency(None, limit)
    return [*(reason for reason in pinned if reason != waiting), gate.latency(measure(model, features), limit)]


def measure(model: Path, features: Path) -> float:
    """Return the median time that one test row takes from frame to prediction, in milliseconds, on one thread.

    Raises:
        LockstepError: the model or the features are missing or damaged, or there are no test rows.
    """
    loaded = Model.load(model)
    test = Manifest.read(features).frame(features, "test")
    if test.empty:
        raise LockstepError(f"{features / 'test.parquet'}: no row to measure latency on")
    taken = []
    for row in [test.iloc[[number % len(test)]] for number in range(ROWS)]:
        start = time.perf_counter()
        loaded.predict(row)
        taken.append(time.perf_counter() - start)
    return 1000 * median(taken[WARM:])
