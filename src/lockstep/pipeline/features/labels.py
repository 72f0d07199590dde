"""The label of a snapshot: what happens in [cutoff, cutoff + horizon)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from lockstep.artifacts.definition import Definition
from lockstep.params.pipeline.features import Aggregate
from lockstep.params.pipeline.problem import EventLabel
from lockstep.params.pipeline.source import TableSpec
from lockstep.pipeline.features.axis import looking_ahead
from lockstep.pipeline.features.tables import inside
from lockstep.pipeline.features.windows import Measure, over_intervals

if TYPE_CHECKING:
    import ibis.expr.types as ir


def event_labels(events: ir.Table, label: EventLabel, cutoffs: Sequence[datetime], decimals: int) -> ir.Table:
    """Return `entity`, `cutoff`, `label`, a row for each pair with an event in the horizon.

    Where there is no row, `label_without_events` is the label.

    Args:
        events: `entity`, `time` and, for a sum, the column.
        label: how the events are measured.
        cutoffs: those whose horizon is over.
        decimals: kept in sums.
    """
    how: Aggregate = "sum" if label.column else "count"
    measure = Measure("label", inside(label.column) if label.column else "time", how, rank=0)
    measured = over_intervals(events, [measure], looking_ahead(cutoffs, label.horizon), decimals)
    measured = measured.filter(measured["label"].notnull())
    if label.measure in ("absent", "present"):
        return measured.mutate(label=1.0 - label_without_events(label))
    return measured


def label_without_events(label: EventLabel) -> float:
    """Return the label of an entity without an event in the horizon."""
    return 1.0 if label.measure == "absent" else 0.0


def last_value(definition: Definition, label: EventLabel, events: TableSpec) -> str | None:
    """Return the feature that is the label's measure over the horizon before the cutoff.

    As a prediction it is the naive forecast: the label of one horizon ago.

    Args:
        definition: of the features.
        label: what is predicted.
        events: the table that the label counts or adds up.

    Returns:
        The name of a sum, or a count of whole events, over a window as long as the horizon; None if there is none.
    """
    row = events.time if events.key is None else events.key
    how, column = ("sum", label.column) if label.measure == "sum" else ("count", row)
    for feature in definition.aggregates:
        measured = feature.table, feature.column, feature.how, feature.window
        if measured == (label.event, column, how, label.horizon):
            return feature.name
    return None
