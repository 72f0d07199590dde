"""The files of a feature directory, streamed by DuckDB in an order that depends on the rows alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.artifacts.schema import CUTOFF, LABEL, WEIGHT, FeatureSchema
from lockstep.core.duck import faults_of
from lockstep.core.manifest import Manifest, describe
from lockstep.pipeline.features.assignment import SPLITS, bound, row_hash
from lockstep.pipeline.features.examples import CURRENT, SPLIT, Examples
from lockstep.pipeline.features.execution import fetch
from lockstep.pipeline.features.tables import inside

if TYPE_CHECKING:
    from datetime import datetime

    import ibis.expr.types as ir

REFERENCE = "reference"
MOST_REFERENCE_ROWS = 100_000
ROW_GROUP = 65_536  # rows in memory at once, whatever the length of the file


def write_examples(
    directory: Path, examples: Examples, schema: FeatureSchema, as_of: datetime | None, seed: int
) -> None:
    """Write the splits, `current`, `reference`, `schema.json` and `manifest.json` into an empty directory."""
    rows = examples.rows
    for name in (*SPLITS, CURRENT):
        part = rows.filter(rows[SPLIT] == name)
        _write(directory / f"{name}.parquet", part, schema, labelled=name != CURRENT)
    _write(directory / f"{REFERENCE}.parquet", _reference(rows, schema, seed), schema, labelled=False)
    schema.write(directory)
    entries = {n: describe(directory / f"{n}.parquet", schema.cutoff) for n in (*SPLITS, CURRENT, REFERENCE)}
    Manifest(as_of=as_of, tables=entries).write(directory)


def _write(path: Path, rows: ir.Table, schema: FeatureSchema, *, labelled: bool) -> None:
    ordered = rows.order_by([CUTOFF, "entity"] if schema.cutoff else ["entity"])
    own = {schema.key: ordered["entity"]} | ({CUTOFF: ordered[CUTOFF]} if schema.cutoff else {})
    features = {name: ordered[inside(name)] for name in schema.names}
    own_label = (LABEL, WEIGHT) if schema.weighted else (LABEL,)
    label = {name: ordered[name] for name in own_label if labelled}
    with faults_of(str(path)):
        ordered.select(**own, **features, **label).to_parquet(path, row_group_size=ROW_GROUP)


def _reference(rows: ir.Table, schema: FeatureSchema, seed: int) -> ir.Table:
    """Return at most one training row per entity, because rows of one entity are not independent.

    A hash of the entity draws one of all training cutoffs, and the entity counts only if it has a
    row there. A draw from an entity's own rows would overweight entities with few rows, unlike the
    current snapshot, which is compared with this.
    """
    train = rows.filter(rows[SPLIT] == SPLITS[0])
    if schema.cutoff:
        train = train.filter(train[CUTOFF] == _drawn_cutoff(train, seed))
    # Not the hash that draws the cutoff: its smallest values all belong to the first cutoffs.
    kept = train.mutate(rank=row_hash(train["entity"], seed, f"{REFERENCE} rank"))
    return kept.order_by("rank", "entity").limit(MOST_REFERENCE_ROWS)


def _drawn_cutoff(train: ir.Table, seed: int) -> ir.Value:
    """Return one of the training cutoffs for each entity, each with the same chance."""
    import ibis

    found = train.select(CUTOFF).distinct().order_by(CUTOFF)
    cutoffs = [ibis.literal(row[CUTOFF], type="timestamp(6)") for row in fetch(found)]
    draw = row_hash(train["entity"], seed, REFERENCE)
    arms = [(draw < bound(place / len(cutoffs)), cutoff) for place, cutoff in enumerate(cutoffs[:-1], start=1)]
    return ibis.cases(*arms, else_=cutoffs[-1]) if arms else cutoffs[-1]
