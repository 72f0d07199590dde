"""Drift of 30 numeric columns, 200k against 200k rows: all statistics, against SciPy's `ks_2samp` alone.

    python benchmarks/bench_drift.py [rows] [columns]

Prints seconds, the ratios and the peak memory that NumPy and Arrow ask for; with evidently installed, its seconds too.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from lockstep.params.pipeline.drift import DriftSpec
from lockstep.pipeline.drift.comparison import Series
from lockstep.pipeline.drift.measurement import NAME, compare_tables
from lockstep.pipeline.drift.verdict import decide

ROWS, COLUMNS, REPEATS = 200_000, 30, 3
LIMIT = 1.0  # seconds, for the default size on 2 cores


def make(rows: int, columns: int, seed: int) -> pa.Table:
    """Return columns of three shapes: continuous, zero for most rows, and small whole numbers with gaps."""
    rng = np.random.default_rng(seed)

    def column(i: int) -> np.ndarray:
        if i % 3 == 0:
            return rng.normal(size=rows)
        if i % 3 == 1:
            return rng.gamma(2.0, size=rows) * (rng.random(rows) < 0.4)
        return np.where(rng.random(rows) < 0.05, np.nan, rng.poisson(3.0, rows))

    return pa.table({f"f{i}": column(i) for i in range(columns)})


def seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the best time of several runs."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Measure ours and the peers on the same tables."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    columns = int(sys.argv[2]) if len(sys.argv) > 2 else COLUMNS
    reference, current = make(rows, columns, 1), make(rows, columns, 2)
    series = [Series(name, "number") for name in reference.column_names]

    def ours() -> None:
        *features, score = compare_tables([*series, Series(NAME, "number")], *with_score(reference, current))
        decide(features, score, DriftSpec())

    def scipy() -> None:
        from scipy.stats import ks_2samp

        for name in reference.column_names:
            left, right = (table[name].to_numpy() for table in (reference, current))
            ks_2samp(left[~np.isnan(left)], right[~np.isnan(right)], method="asymp")

    mine, theirs = seconds(ours), seconds(scipy)
    print(f"drift of {columns} columns, {rows:,} against {rows:,} rows")
    print(f"  lockstep, all statistics and the verdict  {mine:7.3f} s  (peak memory {peak(ours):,.0f} MB)")
    print(f"  scipy.stats.ks_2samp alone                {theirs:7.3f} s  {theirs / mine:5.1f} times ours")
    other = evidently(reference, current)
    if other is None:
        print("  evidently DataDriftPreset                 not installed here")
    else:
        print(f"  evidently DataDriftPreset                 {other:7.3f} s  {other / mine:5.1f} times ours")
    if (rows, columns) == (ROWS, COLUMNS):
        print(f"  at most {LIMIT:g} s: {'kept' if mine <= LIMIT else 'MISSED'}")


def with_score(*tables: pa.Table) -> list[pa.Table]:
    """Return the tables with the first column once more, as a score."""
    return [table.append_column(NAME, table.column(0)) for table in tables]


def peak(work: Callable[[], object]) -> float:
    """Return the peak memory of `work` above its inputs, MB."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def evidently(reference: pa.Table, current: pa.Table) -> float | None:
    """Return the seconds of evidently, or None if it is not installed."""
    try:
        from evidently import Dataset, Report
        from evidently.presets import DataDriftPreset
    except ImportError:
        return None
    left, right = (Dataset.from_pandas(table.to_pandas()) for table in (reference, current))
    return seconds(lambda: Report([DataDriftPreset()]).run(right, left), repeats=1)


if __name__ == "__main__":
    main()
