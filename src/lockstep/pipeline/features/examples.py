"""Examples: features, label and split of every row, from events or from a flat table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lockstep.artifacts.definition import Definition, accepts
from lockstep.artifacts.schema import CUTOFF, LABEL, WEIGHT
from lockstep.core.errors import LockstepError, closest
from lockstep.core.progress import Advance, ignore
from lockstep.params.pipeline.features import CutoffsSpec
from lockstep.params.pipeline.problem import ColumnLabel, EventLabel, ProblemSpec
from lockstep.params.pipeline.split import SplitSpec
from lockstep.pipeline.features.assignment import TimeSplit, hash_column, split_by_time, time_column
from lockstep.pipeline.features.build import Tables, attach, build
from lockstep.pipeline.features.cutoffs import check_history, training_cutoffs
from lockstep.pipeline.features.execution import fetch, keep, keep_exact
from lockstep.pipeline.features.flat import build_flat, classes_of, label_column
from lockstep.pipeline.features.labels import event_labels, label_without_events
from lockstep.pipeline.features.tables import Source, inside
from lockstep.pipeline.features.weights import weight_column, with_weights
from lockstep.tasks.registry import task

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

SPLIT = "split"
CURRENT = "current"


@dataclass(frozen=True)
class Examples:
    """The rows of all splits, in no order."""

    rows: ir.Table
    """`entity`, `cutoff` (of events), the features, `label`, `weight` (if declared) and `split`, which is a
    split's name or `current`."""
    classes: tuple[str, ...] | None = None
    short_history: int = 0
    """Cutoffs at which the longest window begins before the first event."""


@dataclass(frozen=True)
class Sampling:
    """When snapshots are taken and how rows are divided."""

    as_of: datetime
    plan: TimeSplit
    """If the split is not by time, all cutoffs are in `train`."""
    split: SplitSpec
    seed: int

    @property
    def cutoffs(self) -> tuple[datetime, ...]:
        """The cutoffs with a label."""
        return (*self.plan.train, *self.plan.valid, *self.plan.test)


def plan_sampling(as_of: datetime, label: EventLabel, spec: CutoffsSpec, split: SplitSpec, seed: int) -> Sampling:
    """Return the cutoffs of each split.

    Raises:
        LockstepError: they are too few, or lie before the calendar.
    """
    cutoffs = training_cutoffs(as_of, label.horizon, spec)
    if split.by == "time":
        plan = split_by_time(cutoffs, int(split.valid), int(split.test), split.embargo or label.horizon)
    else:
        plan = TimeSplit(cutoffs, (), (), ())
    return Sampling(as_of, plan, split, seed)


def from_events(
    backend: Backend,
    definition: Definition,
    tables: Tables,
    problem: ProblemSpec,
    sampling: Sampling,
    advance: Advance = ignore,
) -> Examples:
    """Return the labelled snapshots of the plan, and the current one, which has no label.

    Raises:
        LockstepError: the events begin too late for the cutoffs, a sum is not exact, the group column is missing.
    """
    label, as_of = problem.label, sampling.as_of
    if not isinstance(label, EventLabel):
        raise TypeError("a label in a column belongs to a flat table")
    _check_measured(label, tables.events[label.event])
    planned = sorted((*sampling.cutoffs, *sampling.plan.embargoed))
    short_history = check_history(planned, definition.longest_window, first_event(tables), as_of)
    features = build(backend, definition, tables, (*sampling.cutoffs, as_of), problem.eligible, advance)
    place = f"{label.event}.{label.column}"
    labels = event_labels(tables.events[label.event].rows, label, sampling.cutoffs, definition.decimals)
    labelled = attach(
        features, keep_exact(backend, labels, place, definition.decimals), {LABEL: label_without_events(label)}
    )
    assigned = _assign(labelled, tables.entities, sampling)
    current = assigned[CUTOFF] == as_of
    if problem.weight is not None and tables.entities is not None:
        assigned = with_weights(assigned, problem.weight, tables.entities.rows)
    rows = assigned.mutate(
        **{LABEL: current.ifelse(None, assigned[LABEL]), SPLIT: current.ifelse(CURRENT, assigned[SPLIT])}
    )
    return Examples(keep(backend, rows), short_history=short_history)


def from_flat(
    backend: Backend, definition: Definition, source: Source, problem: ProblemSpec, split: SplitSpec, seed: int
) -> Examples:
    """Return the rows of a flat table; rows without a label are the current ones, to predict.

    Raises:
        LockstepError: the label does not fit the task, the group column is missing.
    """
    label = problem.label
    if not isinstance(label, ColumnLabel):
        raise TypeError("a label measured on events needs events")
    if label.column not in source.kinds:
        near = closest(label.column, source.kinds)
        raise LockstepError(f"problem.label.column: the table has no column {label.column!r}{near}")
    kind = task(problem.task)
    classes = classes_of(source, label) if kind.has_classes else None
    rows = source.rows
    value = label_column(source, label, kind, classes or ())
    assigned = hash_column(_unit(source, split), seed, float(split.valid), float(split.test))
    weight = {} if problem.weight is None else {WEIGHT: weight_column(problem.weight, rows)}
    rows = rows.mutate(**{LABEL: value, SPLIT: value.isnull().ifelse(CURRENT, assigned)}, **weight)
    return Examples(keep(backend, build_flat(definition, rows)), classes)


def _check_measured(label: EventLabel, events: Source) -> None:
    if label.column is None:
        return
    if label.column not in events.kinds:
        near = closest(label.column, events.kinds)
        raise LockstepError(f"problem.label.column: {label.event} has no column {label.column!r}{near}")
    if not accepts("sum", events.kinds[label.column]):
        raise LockstepError(f"problem.label.column: sum needs a number; {label.event}.{label.column} is not one")


def first_event(tables: Tables) -> datetime | None:
    """Return the time of the first event of all tables."""
    firsts = [fetch(source.rows.aggregate(first=source.rows["time"].min())) for source in tables.events.values()]
    return min((row["first"] for (row,) in firsts if row["first"] is not None), default=None)


def _assign(rows: ir.Table, entities: Source | None, sampling: Sampling) -> ir.Table:
    """Return `rows` with their split; unless it is by time, all snapshots of an entity are in the same split."""
    split = sampling.split
    if split.by == "time":
        return rows.mutate(**{SPLIT: time_column(rows[CUTOFF], sampling.plan)})
    unit = rows["entity"].cast("string")
    if split.by == "group":
        if entities is None:
            raise LockstepError("split.group: expected a table of kind entity that has the column; there is none")
        units = entities.rows.select(owner="entity", unit=_unit(entities, split))
        rows = rows.left_join(units, [rows["entity"] == units["owner"]]).drop("owner")
        unit = rows["unit"]
    assigned = hash_column(unit, sampling.seed, float(split.valid), float(split.test))
    return rows.mutate(**{SPLIT: assigned}).drop(*({"unit"} & set(rows.columns)))


def _unit(source: Source, split: SplitSpec) -> ir.StringValue:
    """Return the unit that stays together: the group, or the key of a row without one."""
    import ibis

    key = source.rows["entity"].cast("string")
    if split.group is None:
        return key
    if split.group not in source.kinds:
        near = closest(split.group, source.kinds)
        raise LockstepError(f"split.group: the table has no column {split.group!r}{near}")
    return ibis.coalesce(source.rows[inside(split.group)].cast("string"), key)
