"""The calendar: what is known of the cutoff itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from lockstep.pipeline.features.constants import constant_table
from lockstep.pipeline.features.cyclical import WAVES, point
from lockstep.pipeline.features.tables import inside

if TYPE_CHECKING:
    import ibis.expr.types as ir


def calendar_table(cutoffs: Sequence[datetime]) -> ir.Table:
    """Return `at` and month and weekday of each cutoff as points on a circle."""
    rows = [{"at": cutoff, **_waves(cutoff)} for cutoff in cutoffs]
    return constant_table({"at": "timestamp(6)"} | dict.fromkeys(_waves(cutoffs[0]), "float64"), rows)


def _waves(cutoff: datetime) -> dict[str, float]:
    return {
        **{inside(f"month_{wave}"): point("month", cutoff.month - 1, wave) for wave in WAVES},
        **{inside(f"weekday_{wave}"): point("weekday", cutoff.weekday(), wave) for wave in WAVES},
    }
