"""Cyclical encoding of the parts of a time: December is next to January."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from lockstep.artifacts.definition import WAVES
from lockstep.params.pipeline.features import Part
from lockstep.pipeline.features.execution import constant_table
from lockstep.pipeline.features.tables import inside

if TYPE_CHECKING:
    import ibis.expr.types as ir

FUNCTIONS: dict[str, Callable[[float], float]] = {"sin": math.sin, "cos": math.cos}
PERIODS: dict[Part, int] = {"month": 12, "weekday": 7, "hour": 24}
"""Part -> length of its cycle; places count from 0: January, Monday, midnight."""
DIGITS = 12  # the last digit of a sine depends on the machine; no engine computes one


def point(part: Part, place: int, wave: str) -> float:
    """Return the sine or cosine of a place in the cycle of a part, rounded."""
    return round(FUNCTIONS[wave](2 * math.pi * place / PERIODS[part]), DIGITS) + 0.0


def waves_of(time: ir.TimestampValue, part: Part) -> dict[str, ir.FloatingValue]:
    """Return sine and cosine of a part of a time, looked up among constants; null where the time is."""
    import ibis

    place = _place(time, part)
    return {
        wave: ibis.cases(*((place == number, point(part, number, wave)) for number in range(PERIODS[part])))
        for wave in WAVES
    }


def _place(time: ir.TimestampValue, part: Part) -> ir.IntegerValue:
    if part == "month":
        return time.month() - 1
    return time.day_of_week.index() if part == "weekday" else time.hour()


def calendar_table(cutoffs: Sequence[datetime]) -> ir.Table:
    """Return `at` and the cyclical month and weekday of each cutoff."""
    rows = [{"at": cutoff, **_waves(cutoff)} for cutoff in cutoffs]
    return constant_table({"at": "timestamp(6)"} | dict.fromkeys(_waves(cutoffs[0]), "float64"), rows)


def _waves(cutoff: datetime) -> dict[str, float]:
    return {
        **{inside(f"month_{wave}"): point("month", cutoff.month - 1, wave) for wave in WAVES},
        **{inside(f"weekday_{wave}"): point("weekday", cutoff.weekday(), wave) for wave in WAVES},
    }
