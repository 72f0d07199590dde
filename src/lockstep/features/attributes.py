"""Attributes and calendar: what is known of an entity and of the cutoff itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from lockstep.features.constants import constant_table
from lockstep.features.definition import AttributeFeature
from lockstep.features.recency import MICROSECONDS_A_DAY
from lockstep.features.tables import inside

if TYPE_CHECKING:
    import ibis.expr.types as ir


def attribute(feature: AttributeFeature, column: ir.Column, cutoff: ir.TimestampColumn | None) -> ir.Value:
    """Return a number as float64 (null where it is not finite), text as it is, a time as days before the cutoff.

    A time at or after the cutoff was not known then: it is null.
    """
    if feature.kind == "text":
        return column
    if feature.kind == "number":
        value = column.cast("int64") if column.type().is_boolean() else column
        value = value.cast("float64")
        return (value.isnan() | value.isinf()).ifelse(None, value)
    if cutoff is None:
        raise ValueError("a time needs a cutoff to be counted back from")
    days = cutoff.delta(column.cast("timestamp(6)"), unit="microsecond").cast("float64") / MICROSECONDS_A_DAY
    return (column < cutoff).ifelse(days, None)


def calendar_table(cutoffs: Sequence[datetime]) -> ir.Table:
    """Return `at` and month and weekday of each cutoff as points on a circle: December lies next to January."""
    rows = [{"at": cutoff, **_waves(cutoff)} for cutoff in cutoffs]
    return constant_table({"at": "timestamp(6)"} | dict.fromkeys(_waves(cutoffs[0]), "float64"), rows)


def _waves(cutoff: datetime) -> dict[str, float]:
    angles = {"month": 2 * math.pi * (cutoff.month - 1) / 12, "weekday": 2 * math.pi * cutoff.weekday() / 7}
    # Rounded, for the last digit of a sine is up to the machine's own mathematics.
    return {
        inside(f"{name}_{wave}"): round(function(angle), 12) + 0.0
        for name, angle in angles.items()
        for wave, function in (("sin", math.sin), ("cos", math.cos))
    }
