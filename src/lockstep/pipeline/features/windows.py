"""Aggregates over windows: each event is read once into its bin; bins are merged for each cutoff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockstep.params.pipeline.features import Aggregate
from lockstep.pipeline.features.aggregates import PARTS, RULES, Observation
from lockstep.pipeline.features.axis import Axis

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True)
class Measure:
    """One output: an aggregate of a column over the intervals of one rank of an axis."""

    name: str
    column: str
    how: Aggregate
    rank: int


def over_intervals(events: ir.Table, measures: Sequence[Measure], axis: Axis, decimals: int) -> ir.Table:
    """Return `entity`, `cutoff` and the measures, a row for each pair with an event in any interval.

    Args:
        events: `entity`, `time` and the measured columns.
        measures: computed from parts, see `aggregates.RULES`.
        axis: the intervals of every cutoff.
        decimals: kept of a float64 column.
    """
    merged = _merge(_reduce(events, measures, axis, decimals), measures, axis)
    return merged.select("entity", "cutoff", **{m.name: _finish(merged, m, events, decimals) for m in measures})


def _reduce(events: ir.Table, measures: Sequence[Measure], axis: Axis, decimals: int) -> ir.Table:
    """Return one row per entity and bin: the parts of each column."""
    import ibis

    covered = events.filter(axis.covers(events["time"]))
    origin = ibis.literal(axis.edges[0], type="timestamp(6)")
    columns = list(dict.fromkeys(measure.column for measure in measures))
    values = {column: observed(covered[column]) for column in columns}
    seen = covered.select(
        "entity",
        bin=axis.bin_of(covered["time"]),
        moment=covered["time"].delta(origin, unit="millisecond"),
        **{_part_name(column, "value"): value for column, value in values.items()},
    )
    reductions = {}
    for column, part in _parts(measures):
        value = seen[_part_name(column, "value")]
        whole = _whole(value, _scale(covered[column], decimals)) if value.type().is_numeric() else value
        reductions[_part_name(column, part)] = PARTS[part].reduce(Observation(value, whole, seen["moment"]))
    return seen.group_by("entity", "bin").aggregate(**reductions)


def _merge(bins: ir.Table, measures: Sequence[Measure], axis: Axis) -> ir.Table:
    """Return one row per entity and cutoff: the parts of each column, merged for each rank."""
    joined = bins.join(axis.membership(), "bin")
    merges = {}
    for measure in measures:
        for part in RULES[measure.how].parts:
            name = _part_name(measure.column, part)
            merges[_part_name(measure.column, part, measure.rank)] = PARTS[part].merge(
                joined[name], joined["rank"] <= measure.rank
            )
    return joined.group_by("entity", "cutoff").aggregate(**merges)


def _finish(merged: ir.Table, measure: Measure, events: ir.Table, decimals: int) -> ir.Value:
    rule = RULES[measure.how]
    if rule.finish is None:
        raise ValueError(f"{measure.how} is not computed from parts")
    parts = {part: merged[_part_name(measure.column, part, measure.rank)] for part in rule.parts}
    return rule.finish(parts, _scale(events[measure.column], decimals))


def _parts(measures: Sequence[Measure]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((m.column, part) for m in measures for part in RULES[m.how].parts))


def _part_name(column: str, part: str, rank: int | None = None) -> str:
    return f"{part}{'' if rank is None else rank} of {column}"


def observed(column: ir.Column) -> ir.Column:
    """Return a column in which minus zero is zero and a boolean is 0 or 1."""
    if column.type().is_floating():
        # Zero has two signs, and which of them a minimum returns depends on the order of rows.
        return column.cast("float64") + 0.0
    return column.cast("int64") if column.type().is_boolean() else column


def _scale(column: ir.Column, decimals: int) -> int:
    return 10**decimals if column.type().is_floating() else 1


def _whole(value: ir.Column, scale: int) -> ir.Column:
    return (value * scale).round(0).cast("int64") if scale != 1 or value.type().is_floating() else value
