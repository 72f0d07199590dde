"""Drift of the current snapshot and its scores from the reference of the model: measured, then judged."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError, closest
from lockstep.core.manifest import Manifest
from lockstep.core.progress import Advance, ignore
from lockstep.params.pipeline.drift import DriftSpec
from lockstep.pipeline.drift.comparison import Comparison, Series, compare
from lockstep.pipeline.drift.verdict import Verdict, decide, not_applicable

if TYPE_CHECKING:
    import pandas as pd


NAME = "score"
MOST_THREADS = 4  # each holds some arrays as long as both columns together
CALENDAR = "depends on the cutoff alone: all rows of a snapshot share one value, which differs between snapshots"
NOTHING = "the current snapshot has no rows: nothing to predict, so nothing to compare"


@dataclass(frozen=True)
class Measurement:
    """A verdict and its comparisons, in the order of the schema's features."""

    as_of: datetime | None
    """Of the current snapshot; None for a flat table."""
    features: tuple[Comparison, ...]
    score: Comparison
    verdict: Verdict


Predict = Callable[["pd.DataFrame"], npt.NDArray[np.float64]]
"""Features (n, features) -> predictions (n,), or probabilities (n, classes)."""


def measure(
    reference: Path, predict: Predict, current: Path, spec: DriftSpec, advance: Advance = ignore
) -> Measurement:
    """Compare the features of `current.parquet`, and the model's scores of it, with the reference.

    Args:
        reference: the feature directory that the model was made from: its schema, `reference` and `test`.
        predict: the model's.
        current: the feature directory that holds the newest snapshot; it may be the same one.
        spec: what counts as drift.
        advance: called with 1 for each feature done.

    Raises:
        LockstepError: a file is missing or damaged, or `drift.ignore` names something that is not a feature.
    """
    known, schema, newest = Manifest.read(reference), FeatureSchema.read(reference), Manifest.read(current)
    _check_ignored(spec, schema)
    before, test = (_table(known, reference, name) for name in ("reference", "test"))
    rows = _table(newest, current, "current")
    series = [Series(f.name, f.kind, CALENDAR if f.origin == "calendar" else None) for f in schema.features]
    features = compare_tables(series, before, rows, advance)
    score = _compare_scores(predict, schema, reference_rows(test, schema.cutoff), rows)
    verdict = decide(features, score, spec) if rows.num_rows else not_applicable(features, score, NOTHING)
    return Measurement(newest.as_of, features, score, verdict)


def reference_rows(test: pa.Table, cutoff: str | None) -> pa.Table:
    """Return the reference rows of the score: the newest test snapshot, or all test rows of a flat table.

    Not the training rows, which are the reference of the features: a model is more certain on rows it
    was fitted to, so that its scores differ from those of new rows even without drift. Not the
    validation rows either, which decided the number of rounds. One snapshot has one row per entity,
    so that rows are independent, and the population of one cutoff, like the current snapshot.
    """
    if cutoff is None or test.num_rows == 0:
        return test
    column = test.column(cutoff)
    return test.filter(pc.equal(column, pc.max(column)))


def score_series(
    scores: npt.NDArray[np.float64], classes: Sequence[str] | None
) -> tuple[Series, npt.NDArray[np.float64] | pa.Array]:
    """Return the series for a model's output, and its values.

    A probability or a number is compared as it is; probabilities of several classes, (n, k), as the
    most probable class: decisions depend on it, and the largest probability can stay the same while
    classes shift.
    """
    if classes is None:
        return Series(NAME, "number"), scores
    names = np.asarray(classes, dtype=object)
    return Series(NAME, "category"), pa.array(names[scores.argmax(axis=1)], pa.string())


def compare_tables(
    series: Sequence[Series], reference: pa.Table, current: pa.Table, advance: Advance = ignore
) -> tuple[Comparison, ...]:
    """Measure each series, in the order given.

    Sorting is nearly all of the work, and NumPy releases the interpreter's lock for it. A series is
    one task and results keep their order, so that they do not depend on the number of threads.

    Args:
        series: columns that both tables have.
        reference: shape (n, columns); numbers or texts.
        current: shape (m, columns).
        advance: called with 1 for each series done.
    """

    def one(column: Series) -> Comparison:
        return compare(column, _values(column, reference), _values(column, current))

    done = []
    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as threads:
        for comparison in threads.map(one, series):
            done.append(comparison)
            advance(1)
    return tuple(done)


def _values(series: Series, table: pa.Table) -> Any:
    column = table.column(series.name)
    return column.to_numpy() if series.kind in ("number", "boolean") else column


def _check_ignored(spec: DriftSpec, schema: FeatureSchema) -> None:
    known = (*schema.names, NAME)
    faults = [f"{name!r} is not a feature{closest(name, known)}" for name in spec.ignore if name not in known]
    if faults:
        raise LockstepError("params.yaml: drift.ignore: unknown features", faults)


def _table(manifest: Manifest, directory: Path, name: str) -> pa.Table:
    return pq.read_table(manifest.path(directory, name))


def _compare_scores(predict: Predict, schema: FeatureSchema, reference: pa.Table, current: pa.Table) -> Comparison:
    def scored(rows: pa.Table) -> tuple[Series, Any]:
        return score_series(predict(rows.select(list(schema.names)).to_pandas()), schema.classes)

    if not (reference.num_rows and current.num_rows):
        return compare(Series(NAME, "number"), [], [])
    series, of_reference = scored(reference)
    return compare(series, of_reference, scored(current)[1])
