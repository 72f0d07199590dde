"""Number of features by origin and kind, examples by split and cutoff."""

from collections import Counter
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from lockstep.artifacts.schema import CUTOFF, LABEL, FeatureSchema, Kind
from lockstep.core.manifest import Manifest
from lockstep.pipeline.report.facts import Cutoff, Features, Split
from lockstep.pipeline.report.gather.problem import instant
from lockstep.tasks.registry import task

SPLITS = ("train", "valid", "test", "current")
DECIMALS = 6


def gather(directory: Path) -> Features:
    """Return the facts about the features.

    Raises:
        LockstepError: the manifest or the schema is missing or damaged.
    """
    schema, manifest = FeatureSchema.read(directory), Manifest.read(directory)
    frames = {name: _read(manifest.path(directory, name), schema) for name in SPLITS if name in manifest.tables}
    origins: dict[str, int] = {}
    for feature in schema.features:
        origins[feature.origin] = origins.get(feature.origin, 0) + 1
    kinds = Counter(feature.kind for feature in schema.features)
    return Features(
        origins=origins,
        kinds={kind: count for kind in get_args(Kind) if (count := kinds[kind])},
        splits=tuple(_split(name, frame, schema) for name, frame in frames.items()),
        cutoffs=tuple(row for name, frame in frames.items() for row in _cutoffs(name, frame, schema)),
    )


def _read(path: Path, schema: FeatureSchema) -> pd.DataFrame:
    wanted = [schema.key, CUTOFF if schema.cutoff else None, LABEL]
    present = set(pq.read_schema(path).names)
    frame: pd.DataFrame = pq.read_table(path, columns=[name for name in wanted if name in present]).to_pandas()
    return frame


def _split(name: str, frame: pd.DataFrame, schema: FeatureSchema) -> Split:
    cutoffs = sorted(frame[CUTOFF].unique()) if schema.cutoff else []
    labelled = LABEL in frame and len(frame) > 0
    classes = None
    if labelled and task(schema.task).has_classes:
        counts = frame[LABEL].astype(int).value_counts()
        classes = {label: int(counts.get(k, 0)) for k, label in enumerate(schema.classes or ())}
    return Split(
        name=name,
        rows=len(frame),
        entities=int(frame[schema.key].nunique()),
        cutoffs=tuple(map(_text, cutoffs)),
        mean_label=_mean(frame) if labelled and classes is None else None,
        classes=classes,
    )


def _cutoffs(name: str, frame: pd.DataFrame, schema: FeatureSchema) -> list[Cutoff]:
    if schema.cutoff is None or LABEL not in frame or task(schema.task).has_classes:
        return []
    return [
        Cutoff(name, _text(cutoff), len(rows), _mean(rows))
        for cutoff, rows in ((cutoff, frame[frame[CUTOFF] == cutoff]) for cutoff in sorted(frame[CUTOFF].unique()))
    ]


def _text(cutoff: np.datetime64) -> str:
    return instant(pd.Timestamp(cutoff).to_pydatetime())


def _mean(frame: pd.DataFrame) -> float:
    return round(float(frame[LABEL].mean()), DECIMALS)
