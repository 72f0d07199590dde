"""Attributes: columns of an entity or flat table as numbers and texts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from lockstep.artifacts.definition import AttributeFeature
from lockstep.pipeline.features.calendar import waves_of
from lockstep.pipeline.features.recency import MICROSECONDS_A_DAY
from lockstep.pipeline.features.tables import inside

if TYPE_CHECKING:
    import ibis.expr.types as ir

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 # naive means UTC here
LARGEST_WHOLE = 1e18  # whole numbers below it are 64-bit integers


def attributes(
    features: Sequence[AttributeFeature], rows: ir.Table, cutoff: ir.TimestampColumn | None = None
) -> dict[str, ir.Value]:
    """Return the columns of attributes under their `inside` names.

    Args:
        features: to compute.
        rows: of the entity or flat table, its columns under their `inside` names.
        cutoff: of each row; None for a flat table, which has none.
    """
    columns: dict[str, ir.Value] = {}
    for feature in features:
        column = rows[inside(feature.column)]
        if feature.holds != "time":
            columns[inside(feature.name)] = _value(feature, column)
            continue
        known = _known(column, cutoff)
        columns[inside(feature.name)] = _days(known, cutoff)
        for part in feature.parts:
            columns |= {inside(f"{feature.name}_{part}_{wave}"): at for wave, at in waves_of(known, part).items()}
    return columns


def _value(feature: AttributeFeature, column: ir.Column) -> ir.Value:
    """Return text as it is, or a number or boolean as float64 (null where it is not finite), or that as text."""
    if feature.holds == "text":
        return column
    if feature.kind == "category":
        return _text(column)
    return _finite(column.cast("int64") if feature.holds == "boolean" else column)


def _finite(column: ir.Column) -> ir.Value:
    value = column.cast("float64")
    return (value.isnan() | value.isinf()).ifelse(None, value)


def _text(column: ir.Column) -> ir.Value:
    """Return `true`, or `1` for 1 and 1.0: integers with gaps are read as floats, and give the same categories."""
    import ibis

    if not column.type().is_floating():
        return column.cast("string")
    value = _finite(column)
    whole = ((value % 1 == 0) & (value.abs() < LARGEST_WHOLE)).ifelse(value, None)
    return ibis.coalesce(whole.cast("int64").cast("string"), value.cast("string"))


def _known(column: ir.TimestampColumn, cutoff: ir.TimestampColumn | None) -> ir.TimestampValue:
    """Return the time, and null for one at or after the cutoff, which was not known then."""
    time = column.cast("timestamp(6)")
    return time if cutoff is None else (time < cutoff).ifelse(time, None)


def _days(time: ir.TimestampValue, cutoff: ir.TimestampColumn | None) -> ir.Value:
    """Return the days from a time to the cutoff; without one, the days from 1970-01-01 to the time."""
    import ibis

    later, earlier = (time, ibis.literal(EPOCH, type="timestamp(6)")) if cutoff is None else (cutoff, time)
    return later.delta(earlier, unit="microsecond").cast("float64") / MICROSECONDS_A_DAY
