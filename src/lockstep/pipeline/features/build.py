"""Compile a definition for any set of cutoffs: training snapshots, the current one, or a few entities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lockstep.artifacts.definition import AggregateFeature, Definition
from lockstep.core.progress import Advance, ignore
from lockstep.params.pipeline.problem import EligibleSpec
from lockstep.pipeline.features.aggregates import RULES
from lockstep.pipeline.features.arithmetic import with_expressions
from lockstep.pipeline.features.attributes import attributes
from lockstep.pipeline.features.axis import Axis, looking_back
from lockstep.pipeline.features.calendar import calendar_table
from lockstep.pipeline.features.distinct import distinct_values
from lockstep.pipeline.features.execution import InexactError, keep, keep_exact
from lockstep.pipeline.features.recency import days_since_last
from lockstep.pipeline.features.snapshots import active_entities, known_entities, snapshots
from lockstep.pipeline.features.tables import Source, inside
from lockstep.pipeline.features.windows import Measure, over_intervals

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

PAIR = ("entity", "cutoff")


@dataclass(frozen=True)
class Tables:
    """The tables that snapshots are computed from; `entities` is None where there is no entity table."""

    entities: Source | None
    events: Mapping[str, Source]

    def only(self, keys: ir.Table) -> Tables:
        """Return the tables with the rows of these entities alone, see `Source.only`."""
        entities = self.entities.only(keys) if self.entities else None
        return Tables(entities, {name: source.only(keys) for name, source in self.events.items()})


def build(
    backend: Backend,
    definition: Definition,
    tables: Tables,
    cutoffs: Sequence[datetime],
    eligible: EligibleSpec | None = None,
    advance: Advance = ignore,
    entities: ir.Table | None = None,
) -> ir.Table:
    """Return `entity`, `cutoff` and the features under their `inside` names: a row per cutoff and eligible entity.

    The events are read a fixed number of times, however many cutoffs and windows there are. With
    `entities`, only their rows are read; the result for each is the same, to the last bit, as in a build for all.

    Args:
        backend: runs the queries and holds intermediate results.
        definition: what to compute.
        tables: the source tables.
        cutoffs: in any order.
        eligible: which entities have a row at a cutoff; None: all known entities.
        advance: called once per table of events and once for the rest.
        entities: one column `entity`, the keys of the requested entities; None: all.

    Raises:
        LockstepError: numbers too large to be added exactly; it names table, column and `features.decimals`.
    """
    ordered = tuple(sorted(cutoffs))
    tables = tables if entities is None else tables.only(entities)
    pairs = keep(backend, _pairs(tables, ordered, eligible))
    wide = pairs
    advance(1)
    for table, features in _by_table(definition).items():
        for part in _parts(backend, definition, tables.events[table].rows, features, pairs, ordered):
            wide = attach(wide, part, {inside(f.name): RULES[f.how].empty for f in features})
        advance(1)
    wide = _attach_attributes(wide, definition, tables.entities)
    wide = _attach_calendar(wide, ordered) if definition.calendar else wide
    wide = with_expressions(wide, definition.formulas)
    return wide.select(*PAIR, *(inside(feature.name) for feature in definition.features))


def attach(wide: ir.Table, part: ir.Table, empty: Mapping[str, float | None]) -> ir.Table:
    """Return `wide` joined with the other columns of `part`; where `part` has no row, `empty` has their value."""
    import ibis

    joined = wide.left_join(part, [wide[name] == part[name] for name in PAIR])
    added = [name for name in part.columns if name not in PAIR]
    filled = {name: part[name] if empty[name] is None else ibis.coalesce(part[name], empty[name]) for name in added}
    return joined.select(*(wide[name] for name in wide.columns), **filled)


def _pairs(tables: Tables, cutoffs: Sequence[datetime], eligible: EligibleSpec | None) -> ir.Table:
    events = {name: source.rows for name, source in tables.events.items()}
    known = known_entities(tables.entities.rows if tables.entities else None, events)
    active = active_entities(events[eligible.event], cutoffs, eligible.within) if eligible else None
    return snapshots(known, cutoffs, active)


def _by_table(definition: Definition) -> dict[str, list[AggregateFeature]]:
    by_table: dict[str, list[AggregateFeature]] = {}
    for feature in definition.aggregates:
        by_table.setdefault(feature.table, []).append(feature)
    return by_table


def _parts(
    backend: Backend,
    definition: Definition,
    events: ir.Table,
    features: Sequence[AggregateFeature],
    pairs: ir.Table,
    cutoffs: Sequence[datetime],
) -> Iterator[ir.Table]:
    """Yield the features of one table of events, group by group, each computed and kept."""
    windows = sorted({feature.window for feature in features if feature.window})
    axis = looking_back(cutoffs, windows)
    rank = {feature.name: windows.index(feature.window) for feature in features if feature.window}

    merged = [feature for feature in features if RULES[feature.how].finish]
    if merged:
        yield _over_windows(backend, events, merged, rank, axis, definition.decimals)
    distinct = [feature for feature in features if feature.how == "distinct"]
    for column in dict.fromkeys(feature.column for feature in distinct):
        ranks = {inside(f.name): rank[f.name] for f in distinct if f.column == column}
        yield keep(backend, distinct_values(events, inside(column), ranks, axis))
    for feature in features:
        if feature.how == "recency":
            yield keep(backend, days_since_last(events, inside(feature.column), pairs, cutoffs, inside(feature.name)))


def _over_windows(
    backend: Backend,
    events: ir.Table,
    features: Sequence[AggregateFeature],
    rank: Mapping[str, int],
    axis: Axis,
    decimals: int,
) -> ir.Table:
    """Return the features that have parts, all columns of a table in one pass; an error names its column."""
    measures = [Measure(inside(f.name), inside(f.column), f.how, rank[f.name]) for f in features]
    places = dict.fromkeys(f"{f.table}.{f.column}" for f in features)
    try:
        return keep_exact(backend, over_intervals(events, measures, axis, decimals), ", ".join(places), decimals)
    except InexactError:
        for column in dict.fromkeys(measure.column for measure in measures):
            alone = [measure for measure in measures if measure.column == column]
            place = f"{features[0].table}.{column.removeprefix(inside(''))}"
            keep_exact(backend, over_intervals(events, alone, axis, decimals), place, decimals)
        raise


def _attach_attributes(wide: ir.Table, definition: Definition, entities: Source | None) -> ir.Table:
    if entities is None or not definition.attributes:
        return wide
    rows = entities.rows
    joined = wide.left_join(rows, [wide["entity"] == rows["entity"]])
    columns = attributes(definition.attributes, rows, wide["cutoff"])
    return joined.select(*(wide[name] for name in wide.columns), **columns)


def _attach_calendar(wide: ir.Table, cutoffs: Sequence[datetime]) -> ir.Table:
    waves = calendar_table(cutoffs)
    joined = wide.join(waves, [wide["cutoff"] == waves["at"]])
    added = (waves[name] for name in waves.columns if name != "at")
    return joined.select(*(wide[name] for name in wide.columns), *added)
