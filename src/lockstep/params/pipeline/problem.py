"""Section `problem`: what is predicted, for which entities."""

from typing import Any, Literal

from pydantic import model_validator

from lockstep.core.spec import Duration, Name, Spec
from lockstep.tasks.registry import TaskName, task


class EventLabel(Spec):
    """A label measured on the events in [cutoff, cutoff + horizon)."""

    event: Name
    """Event table of the label."""
    measure: Literal["absent", "present", "count", "sum"]
    """absent: 1 if there are no events; present: 1 if there is any; count: their number; sum: sum of `column`."""
    horizon: Duration
    """Length of the label window: events in [cutoff, cutoff + horizon) count."""
    column: Name | None = None
    """Column that measure: sum adds up."""

    @model_validator(mode="after")
    def _sum_needs_column(self) -> "EventLabel":
        if (self.measure == "sum") != (self.column is not None):
            raise ValueError("`column` is required with measure: sum and not allowed otherwise")
        return self


class ColumnLabel(Spec):
    """A label in a column of a flat table; rows without label are scored."""

    column: Name
    """Label column of the flat table."""
    positive: str | int | bool | None = None
    """Label value that is 1, for a binary task."""


class EligibleSpec(Spec):
    """Which entities are scored at a cutoff: those with an event at most `within` before it."""

    event: Name
    """Table in which an entity needs an event before the cutoff to be eligible."""
    within: Duration | None = None
    """Maximum time between that event and the cutoff; empty: no maximum."""


class ProblemSpec(Spec):
    """What is predicted, and for which entities."""

    name: Name
    """Name of the model in the registry and the report; a new name starts at version 1."""
    task: TaskName
    """binary: a probability; multiclass: a probability per class; regression: a number; or a plugin's task."""
    entity: Name
    """Column that identifies the entity: the key of an entity or flat table, the entity column of events."""
    label: EventLabel | ColumnLabel
    """What is predicted: a measure of the events after the cutoff, or a column of a flat table."""
    eligible: EligibleSpec | None = None
    """Eligible entities at a cutoff; empty: all entities known at the cutoff."""
    weight: Name | None = None
    """Column of the entity or flat table with sample weights for training; empty: equal weights."""

    @model_validator(mode="before")
    @classmethod
    def _which_label(cls, data: Any) -> Any:
        """Parse the label as one type, so that errors are about that type only."""
        if isinstance(data, dict) and isinstance(data.get("label"), dict):
            kind = EventLabel if "event" in data["label"] or "measure" in data["label"] else ColumnLabel
            # Errors of the nested parse need the path `label.…`.
            try:
                return {**data, "label": kind.model_validate(data["label"])}
            except ValueError as error:
                faults = "; ".join(
                    f"{'.'.join(map(str, e['loc']))}: {e['msg']}" if e["loc"] else e["msg"]
                    for e in error.errors()  # type: ignore[attr-defined] # pydantic's ValidationError
                )
                raise ValueError(f"label: {faults}") from error
        return data

    @model_validator(mode="after")
    def _label_fits_task(self) -> "ProblemSpec":
        label = self.label
        if isinstance(label, EventLabel):
            fitting = task(self.task).measures
            if label.measure not in fitting:
                wanted = f"one of {', '.join(fitting)}" if fitting else "a label in a column of a flat table"
                raise ValueError(f"label.measure: {label.measure} is not for task {self.task}; expected {wanted}")
        elif (task(self.task).label == "boolean") != (label.positive is not None):
            raise ValueError("label.positive is required with a task of two classes (binary) and not allowed otherwise")
        return self

    @model_validator(mode="after")
    def _weight_is_no_label(self) -> "ProblemSpec":
        if isinstance(self.label, ColumnLabel) and self.weight == self.label.column:
            raise ValueError(f"weight: {self.weight!r} is the label column; expected another column")
        return self
