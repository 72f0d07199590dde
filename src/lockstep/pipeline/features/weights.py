"""Weights of labelled rows in training: a column of the entity or flat table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lockstep.artifacts.schema import WEIGHT
from lockstep.core.errors import LockstepError, closest
from lockstep.pipeline.features.tables import Source, inside

if TYPE_CHECKING:
    import ibis.expr.types as ir

KEY = "problem.weight"


def check_column(column: str, sources: Mapping[str, Source]) -> None:
    """Check that an entity or flat table has the column, and that it holds numbers.

    Raises:
        LockstepError: it does not.
    """
    name, source = _owner(sources)
    if source is None:
        raise LockstepError(f"{KEY}: expected a table of kind entity or flat that has {column!r}; there is none")
    if column not in source.kinds:
        raise LockstepError(f"{KEY}: {name} has no column {column!r}{closest(column, source.kinds)}")
    if column == source.owner:
        raise LockstepError(f"{KEY}: {column!r} is the key of {name}; expected a column of numbers")
    if source.kinds[column] != "number":
        kind = source.kinds[column] or "another type"
        raise LockstepError(f"{KEY}: expected a column of numbers; {name}.{column} is of {kind}")


def weight_column(column: str, rows: ir.Table) -> ir.FloatingValue:
    """Return the weight of each row of an entity or flat table, its columns under their `inside` names."""
    return rows[inside(column)].cast("float64")


def with_weights(rows: ir.Table, column: str, entities: ir.Table) -> ir.Table:
    """Return `rows`, which have an `entity`, with the `weight` from the entity table, or null."""
    weights = entities.select(owner="entity", **{WEIGHT: weight_column(column, entities)})
    return rows.left_join(weights, [rows["entity"] == weights["owner"]]).drop("owner")


def _owner(sources: Mapping[str, Source]) -> tuple[str, Source | None]:
    return next(((name, s) for name, s in sources.items() if s.spec.kind != "event"), ("", None))
