"""Part `shift`: drift of the new training rows from the old ones, by feature."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.artifacts.schema import LABEL, FeatureSchema
from lockstep.artifacts.schema import NAME as SCHEMA
from lockstep.core.manifest import NAME as MANIFEST
from lockstep.core.manifest import Manifest, TableEntry
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.drift import DriftSpec
from lockstep.tasks.registry import task
from lockstep.workbench.review.part import Part
from lockstep.workbench.review.side import Side
from lockstep.workbench.review.store import FAULTS, LeftOut, Store

if TYPE_CHECKING:
    import pyarrow as pa

    from lockstep.pipeline.drift.comparison import Series

FOLDER = Workspace().features
TRAIN = "train.parquet"
NEEDED = (MANIFEST, SCHEMA, TRAIN)
MOST = 200_000
"""Maximum rows of a side, evenly spaced; more rows only find differences too small to matter."""


class Shifted(Part):
    """A feature, or the label, that drifted."""

    name: str
    psi: float | None
    """Population stability index."""
    reason: str


class Shift(Part):
    """Drift of the training rows; with `same`, both sides have the same bytes and nothing is compared."""

    same: bool
    rows: tuple[int, int]
    judged: int = 0
    drifted: tuple[Shifted, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def shift(store: Store, old: Side, new: Side, spec: DriftSpec) -> Shift:
    """Return the drift between the training rows, by the tests of the drift stage.

    Raises:
        LeftOut: a side's training rows are not available.
    """
    entries = [_train(store, side) for side in (old, new)]
    rows = (entries[0].rows, entries[1].rows)
    schemas = [store.model(FeatureSchema, side, FOLDER, SCHEMA) for side in (old, new)]
    if entries[0].sha256 == entries[1].sha256:
        return Shift(same=True, rows=rows)
    kinds = [{one.name: one.kind for one in schema.features} for schema in schemas]
    paths = [store.path(side, FOLDER, TRAIN) for side in (old, new)]
    try:
        found = _judged(paths, schemas, spec, rows)
    except LeftOut:
        raise
    except FAULTS as error:
        raise LeftOut(f"{TRAIN}: the two sides cannot be compared ({error})") from error
    return found.model_copy(
        update={
            "added": tuple(name for name in kinds[1] if name not in kinds[0]),
            "removed": tuple(name for name in kinds[0] if name not in kinds[1]),
        }
    )


def _train(store: Store, side: Side) -> TableEntry:
    tables = store.model(Manifest, side, FOLDER, MANIFEST).tables
    if "train" not in tables:
        raise LeftOut(f"{FOLDER / MANIFEST} of {side.name} has no table train")
    return tables["train"]


def _judged(paths: list[Path], schemas: list[FeatureSchema], spec: DriftSpec, rows: tuple[int, int]) -> Shift:
    from lockstep.pipeline.drift.comparison import Series, compare
    from lockstep.pipeline.drift.measurement import compare_tables
    from lockstep.pipeline.drift.verdict import decide

    old, new = schemas
    known = {one.name: one.kind for one in old.features}
    series = [
        Series(one.name, one.kind, "depends on the cutoff alone" if one.origin == "calendar" else None)
        for one in new.features
        if known.get(one.name) == one.kind
    ]
    if old.task == new.task and old.classes == new.classes:
        series.append(Series(LABEL, task(new.task).label))
    tables = [_read(path, series) for path in paths]
    found = compare_tables(series, *tables)
    # The score is empty: no model is run here.
    verdict = decide(found, compare(Series("score", "number", "no model is run"), [], []), spec)
    drifted = [
        Shifted(
            name=one.series.name, psi=one.measures["psi"].value if "psi" in one.measures else None, reason=said.reason
        )
        for one, said in zip(found, verdict.features, strict=True)
        if said.status == "drifted"
    ]
    judged = sum(said.status in ("stable", "drifted") for said in verdict.features)
    drifted.sort(key=lambda one: (-(one.psi or 0.0), one.name))
    return Shift(same=False, rows=rows, judged=judged, drifted=tuple(drifted))


def _read(path: Path, series: Sequence["Series"]) -> "pa.Table":
    """Return columns of a file, at most `MOST` rows of it, evenly spaced."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = [one.name for one in series]
    file = pq.ParquetFile(path)
    missing = set(columns) - set(file.schema_arrow.names)
    if missing:
        raise LeftOut(f"{TRAIN} lacks {', '.join(sorted(missing))}, which its schema names")
    total = file.metadata.num_rows
    chosen = np.linspace(0, total - 1, min(total, MOST)).astype(np.int64)
    parts, first = [], 0
    for batch in file.iter_batches(columns=columns):
        mine = chosen[(chosen >= first) & (chosen < first + batch.num_rows)] - first
        parts.append(batch.take(pa.array(mine)))
        first += batch.num_rows
    found = pa.Table.from_batches(parts, pa.schema([file.schema_arrow.field(name) for name in columns]))
    for one in series:
        if one.name == LABEL and one.kind == "category":
            found = found.set_column(found.schema.get_field_index(LABEL), LABEL, found[LABEL].cast(pa.string()))
    return found
