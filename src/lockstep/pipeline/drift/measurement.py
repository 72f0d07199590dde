"""Drift of the current snapshot and its scores from the reference of the model: measured, then judged."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError, closest
from lockstep.core.manifest import Manifest
from lockstep.core.progress import Advance, ignore
from lockstep.params.pipeline.drift import DriftSpec
from lockstep.pipeline.drift.comparison import Comparison, Series, compare
from lockstep.pipeline.drift.score import NAME, reference_rows, score_series
from lockstep.pipeline.drift.tables import compare_tables
from lockstep.pipeline.drift.verdict import Verdict, decide, not_applicable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

CALENDAR = "depends on the cutoff alone: all rows of a snapshot share one value, which differs between snapshots"
NOTHING = "the current snapshot has no rows: nothing to predict, so nothing to compare"


@dataclass(frozen=True)
class Measurement:
    """A verdict and the comparisons that it rests on, in the order of the schema's features."""

    as_of: datetime | None
    """Of the current snapshot; None for a flat table."""
    features: tuple[Comparison, ...]
    score: Comparison
    verdict: Verdict


Predict = Callable[["pd.DataFrame"], "npt.NDArray[np.float64]"]
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


def _check_ignored(spec: DriftSpec, schema: FeatureSchema) -> None:
    known = (*schema.names, NAME)
    faults = [f"{name!r} is not a feature{closest(name, known)}" for name in spec.ignore if name not in known]
    if faults:
        raise LockstepError("params.yaml: drift.ignore: unknown features", faults)


def _table(manifest: Manifest, directory: Path, name: str) -> "pa.Table":
    import pyarrow.parquet as pq

    return pq.read_table(manifest.path(directory, name))


def _compare_scores(predict: Predict, schema: FeatureSchema, reference: "pa.Table", current: "pa.Table") -> Comparison:
    def scored(rows: "pa.Table") -> tuple[Series, Any]:
        return score_series(predict(rows.select(list(schema.names)).to_pandas()), schema.classes)

    if not (reference.num_rows and current.num_rows):
        return compare(Series(NAME, "number"), [], [])
    series, of_reference = scored(reference)
    return compare(series, of_reference, scored(current)[1])
