"""1000 resamples of the ROC AUC of a million predictions, against scikit-learn's `roc_auc_score` in a loop.

`python benchmarks/bench_bootstrap.py [rows] [resamples] [resamples of the peer]`
"""

import resource
import sys
import time

import numpy as np
from sklearn.metrics import roc_auc_score

from lockstep.statistics.bootstrap import interval, observed, resample
from lockstep.tasks.registry import task


def main(rows: int = 1_000_000, resamples: int = 1000, of_the_peer: int = 10) -> None:
    """Print the seconds of both, scaled to the same number of resamples, and their ratio."""
    rng = np.random.default_rng(0)
    label = (rng.random(rows) < 0.3).astype(float)
    score = np.round(1 / (1 + np.exp(-rng.normal(size=rows) - label)), 6)
    entity = rng.integers(0, rows // 2, rows)
    codes = np.unique(entity, return_inverse=True)[1]

    theirs = _seconds(lambda: _peer(label, score, rng, of_the_peer)) * resamples / of_the_peer
    print(f"{rows:,} rows, {resamples:,} resamples, on {_processors()} processors")
    print(f"  roc_auc_score in a loop              {theirs:8.1f} s (from {of_the_peer} resamples)")
    before = _peak()
    for name in ("roc_auc", "average_precision", "log_loss"):
        metric = next(metric for metric in task("binary").metrics if metric.name == name)
        for unit, clusters in (("rows", None), ("entities", codes)):
            if unit == "entities" and name != "roc_auc":
                continue
            statistic = metric.prepare(label, score)
            found: list[np.ndarray] = []
            ours = _seconds(lambda s=statistic, c=clusters, f=found: f.append(_ours(s, rows, c, resamples)))
            span = interval(observed(statistic, rows), found[0], 0.95, metric.undefined)
            ratio = f"{theirs / ours:6.1f} times faster" if name == "roc_auc" else ""
            print(f"  lockstep {name:18} of {unit:8} {ours:8.1f} s {ratio}  {span.low:.4f} to {span.high:.4f}")
    print(f"  memory: {before / 1024:,.0f} MiB before, {_peak() / 1024:,.0f} MiB at most")


def _ours(statistic, rows: int, codes: np.ndarray | None, resamples: int) -> np.ndarray:  # noqa: ANN001 # a benchmark
    return resample([statistic], rows, codes, resamples=resamples, seed=1)[0]


def _peer(label: np.ndarray, score: np.ndarray, rng: np.random.Generator, resamples: int) -> None:
    for _ in range(resamples):
        drawn = rng.integers(0, len(label), len(label))
        roc_auc_score(label[drawn], score[drawn])


def _seconds(action) -> float:  # noqa: ANN001 # a benchmark
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _processors() -> int:
    import os

    return len(os.sched_getaffinity(0))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
