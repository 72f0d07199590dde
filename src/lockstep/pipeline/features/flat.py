"""A flat table: one row an example, the label in a column, no events and no cutoff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockstep.artifacts.definition import Definition, accepts
from lockstep.core.errors import LockstepError
from lockstep.params.pipeline.problem import ColumnLabel
from lockstep.pipeline.features.arithmetic import with_expressions
from lockstep.pipeline.features.attributes import attributes
from lockstep.pipeline.features.execution import fetch
from lockstep.pipeline.features.tables import Source, inside
from lockstep.tasks.task import Task

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_CLASSES = 1000
SHOWN = 10


def build_flat(definition: Definition, rows: ir.Table) -> ir.Table:
    """Return the columns of `rows` and the features under their `inside` names."""
    columns = attributes(definition.attributes, rows)
    kept = [name for name in rows.columns if not name.startswith(inside(""))]
    wide = with_expressions(rows.select(*kept, **columns), definition.formulas)
    return wide.select(*kept, *(inside(feature.name) for feature in definition.features))


def classes_of(source: Source, label: ColumnLabel) -> tuple[str, ...]:
    """Return the classes of a label as text, in the order of the column's own type.

    Raises:
        LockstepError: there are too many for a label of classes.
    """
    values = _values(source, label)
    if len(values) > MOST_CLASSES:
        raise LockstepError(f"problem.label.column: {label.column!r} has more than {MOST_CLASSES} different values")
    return values


def label_column(source: Source, label: ColumnLabel, task: Task, classes: tuple[str, ...]) -> ir.FloatingValue:
    """Return 1 for the positive value and 0 for others, or the index of the class, or the number itself.

    Null where the column is null (or no number): a row to predict.

    Raises:
        LockstepError: the positive value occurs nowhere, or the task needs a number and the column holds none.
    """
    import ibis

    column = source.rows[inside(label.column)]
    if task.label == "number":
        if not accepts("sum", source.kinds[label.column]):
            raise LockstepError(
                f"problem.label.column: {label.column!r} is {column.type()}; {task.name} needs a number"
            )
        value = column.cast("float64")
        return (value.isnan() | value.isinf()).ifelse(None, value)
    if task.label == "boolean":
        return (column.cast("string") == _positive(source, label)).cast("float64")
    return ibis.cases(*((column.cast("string") == name, float(index)) for index, name in enumerate(classes)))


def _values(source: Source, label: ColumnLabel) -> tuple[str, ...]:
    """Return the different values of the label as text, as many as could be classes and one more."""
    column = source.rows[inside(label.column)]
    known = source.rows.select(value=column, text=column.cast("string")).filter(column.notnull())
    found = known.distinct().order_by("value").limit(MOST_CLASSES + 1)
    return tuple(row["text"] for row in fetch(found))


def _positive(source: Source, label: ColumnLabel) -> str:
    """Return the text of the positive value: 1, "1" and 1.0 are one number, and 1 is true among booleans."""
    kind = source.rows[inside(label.column)].type()
    values = _values(source, label)
    for value in values:
        if _same(value, str(label.positive), numeric=kind.is_numeric(), boolean=kind.is_boolean()):
            return value
    more = " ..." if len(values) > SHOWN else ""
    raise LockstepError(
        f"problem.label.positive: {label.positive!r} occurs nowhere in {label.column!r}",
        [f"there are {', '.join(map(repr, values[:SHOWN]))}{more}"],
    )


def _same(value: str, wanted: str, *, numeric: bool, boolean: bool) -> bool:
    if boolean:
        return value.lower() == {"1": "true", "0": "false"}.get(wanted, wanted.lower())
    if numeric:
        try:
            return float(value) == float(wanted)
        except ValueError:
            return False
    return value == wanted
