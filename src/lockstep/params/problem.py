"""Section `problem`: what is predicted, about whom."""

from typing import Any, Literal

from pydantic import model_validator

from lockstep.params.base import Duration, Name, Spec

Task = Literal["binary", "multiclass", "regression"]


class EventLabel(Spec):
    """A label measured on the events in [cutoff, cutoff + horizon)."""

    event: Name
    measure: Literal["absent", "present", "count", "sum"]
    horizon: Duration
    column: Name | None = None
    """What `sum` adds up."""

    @model_validator(mode="after")
    def _sum_needs_column(self) -> "EventLabel":
        if (self.measure == "sum") != (self.column is not None):
            raise ValueError("`column` goes with measure: sum, and only with it")
        return self


class ColumnLabel(Spec):
    """A label that stands in a column of a flat table; a row without it is one to predict."""

    column: Name
    positive: str | int | bool | None = None
    """The value that counts as 1, for a binary task."""


class EligibleSpec(Spec):
    """Who is asked about at a cutoff: entities with an event before it, at most `within` before."""

    event: Name
    within: Duration | None = None


class ProblemSpec(Spec):
    """The question."""

    name: Name
    task: Task
    entity: Name
    label: EventLabel | ColumnLabel
    eligible: EligibleSpec | None = None
    weight: Name | None = None
    """Column of the entity or flat table that says how much a labelled row counts in training."""

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
            fitting = ("absent", "present") if self.task == "binary" else ("count", "sum")
            if self.task == "multiclass" or label.measure not in fitting:
                raise ValueError(f"label.measure: {label.measure} does not make a {self.task} label")
        elif (self.task == "binary") != (label.positive is not None):
            raise ValueError("label.positive goes with task: binary, and only with it")
        return self

    @model_validator(mode="after")
    def _weight_is_no_label(self) -> "ProblemSpec":
        if isinstance(self.label, ColumnLabel) and self.weight == self.label.column:
            raise ValueError(f"weight: {self.weight!r} is what is predicted (label.column); expected another column")
        return self
