"""Section `problem`: what is predicted, about whom."""

from typing import Any, Literal

from pydantic import model_validator

from lockstep.core.spec import Duration, Name, Spec
from lockstep.tasks.registry import TaskName, task

Task = str


class EventLabel(Spec):
    """A label measured on the events in [cutoff, cutoff + horizon)."""

    event: Name
    """The table whose events make the label."""
    measure: Literal["absent", "present", "count", "sum"]
    """What the events make of it: 1 if there are none (absent) or any (present), their count, or a sum."""
    horizon: Duration
    """How long after the cutoff events count for the label: those in [cutoff, cutoff + horizon)."""
    column: Name | None = None
    """With measure: sum, the events' column that is added up."""

    @model_validator(mode="after")
    def _sum_needs_column(self) -> "EventLabel":
        if (self.measure == "sum") != (self.column is not None):
            raise ValueError("`column` goes with measure: sum, and only with it")
        return self


class ColumnLabel(Spec):
    """A label that stands in a column of a flat table; a row without it is one to predict."""

    column: Name
    """In a flat table, the column that holds the label."""
    positive: str | int | bool | None = None
    """The value that counts as 1, for a binary task."""


class EligibleSpec(Spec):
    """Who is asked about at a cutoff: entities with an event before it, at most `within` before."""

    event: Name
    """The table in which an entity must have an event before the cutoff to be asked about."""
    within: Duration | None = None
    """How long before the cutoff that event may lie; empty: any time before it."""


class ProblemSpec(Spec):
    """The question."""

    name: Name
    """What the model is called in the registry and the report; another name begins with version 1."""
    task: TaskName
    """binary: a probability; multiclass: one for each class; regression: a number; or the task of a plugin."""
    entity: Name
    """The column that holds who is asked about: the key of an entity or flat table, the entity of events."""
    label: EventLabel | ColumnLabel
    """What is predicted: measured on the events after the cutoff, or a column of a flat table."""
    eligible: EligibleSpec | None = None
    """Who is asked about at a cutoff; empty: everyone known by then."""
    weight: Name | None = None
    """Column of the entity or flat table: how much a labelled row counts in training; empty: all alike."""

    @model_validator(mode="before")
    @classmethod
    def _which_label(cls, data: Any) -> Any:
        """Parse the label by its own keys, so that an error speaks of one kind of label, not of both."""
        if isinstance(data, dict) and isinstance(data.get("label"), dict):
            kind = EventLabel if "event" in data["label"] or "measure" in data["label"] else ColumnLabel
            # Errors of the nested parse must carry the path `label.…`: leave a faulty one to pydantic.
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
                raise ValueError(f"label.measure: {label.measure} does not make a {self.task} label; expected {wanted}")
        elif (task(self.task).label == "boolean") != (label.positive is not None):
            raise ValueError("label.positive goes with a task of two classes (binary), and only with it")
        return self

    @model_validator(mode="after")
    def _weight_is_no_label(self) -> "ProblemSpec":
        if isinstance(self.label, ColumnLabel) and self.weight == self.label.column:
            raise ValueError(f"weight: {self.weight!r} is what is predicted (label.column); expected another column")
        return self
