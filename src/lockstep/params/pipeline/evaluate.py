"""Section `evaluate`: metrics, intervals, segments, threshold and gate."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from lockstep.core.errors import closest
from lockstep.core.spec import Duration, Many, Name, Spec

if TYPE_CHECKING:
    from lockstep.tasks.task import Task


class CostsSpec(Spec):
    """Cost of one row by prediction and label, in any unit; a gain is negative."""

    true_positive: float = 0.0
    """Cost of a positive row that is predicted positive, in any unit; a gain is negative."""
    false_positive: float = 1.0
    """Cost of a negative row that is predicted positive."""
    true_negative: float = 0.0
    """Cost of a negative row that is predicted negative; a gain is negative."""
    false_negative: float = 1.0
    """Cost of a positive row that is predicted negative."""

    @model_validator(mode="after")
    def _sensible(self) -> "CostsSpec":
        if self.false_positive <= self.true_negative or self.false_negative <= self.true_positive:
            raise ValueError("an error must cost more than the right decision for the same row")
        return self


class GateSpec(Spec):
    """Conditions that a model must meet before it may be served."""

    moved: ClassVar = {"champion": "promote.margin"}

    min: dict[str, float] = {}
    """Metric -> minimum (metrics where more is better)."""
    max: dict[str, float] = {}
    """Metric -> maximum (metrics where less is better)."""
    beat_baselines: bool = True
    """The model must be significantly better than every baseline: the interval of the paired gain is above 0."""
    segments: float | None = None
    """Limit on the main metric of every level; it fails if the whole interval of a level is worse."""
    calibration: float | None = Field(None, gt=0, lt=1)
    """Maximum expected calibration error."""
    latency_ms: float | None = Field(None, gt=0)
    """Maximum time for one row in milliseconds; only `lockstep gate` measures it, because times are not pinned."""


class EvaluateSpec(Spec):
    """How the model is evaluated on the test split."""

    bootstrap: int = Field(1000, ge=100, le=100_000)
    """Number of bootstrap resamples; more make the intervals more precise and take longer."""
    confidence: float = Field(0.95, gt=0.5, lt=1)
    """Confidence level of every interval."""
    segments: Many[Name] = ()
    """Features for whose levels the main metric is shown."""
    sensitive: Many[Name] = ()
    """Features between whose levels fairness is measured, for binary tasks."""
    leakage: float = Field(0.95, gt=0, le=1)
    """A feature raises an alarm if it alone reaches this share of the model's gain over the constant baseline."""
    near_cutoff: Duration = timedelta(days=1)
    """A row is near the cutoff if its last event is at most this long before it; wrong timestamps leak there."""
    near_leakage: float = Field(0.6, gt=0, le=1)
    """A feature raises an alarm if significantly more than this share of its importance is from near the cutoff."""
    threshold: Literal["cost", "f1"] | float = "cost"
    """Minimum probability to predict positive: a number, or the one of least cost or best F1 on validation rows."""
    costs: CostsSpec = CostsSpec()
    """Cost of one row by prediction and label, for binary tasks."""
    top_share: float = Field(0.1, gt=0, le=1)
    """Share of rows with the highest scores for lift, precision and recall at the top."""
    top_classes: int = Field(2, ge=1, le=1000)
    """k of the top-k accuracy."""
    quantile: float = Field(0.9, gt=0, lt=1)
    """Quantile of the pinball loss; with 0.9, predictions that are too low cost nine times as much."""
    gates: GateSpec = GateSpec()
    """Conditions that the model must meet before it may be served."""

    @field_validator("threshold")
    @classmethod
    def _within(cls, value: str | float) -> str | float:
        if isinstance(value, float) and not 0 <= value <= 1:
            raise ValueError("expected cost, f1 or a probability")
        return value


def gate_faults(gates: GateSpec, task: "Task") -> Iterator[str]:
    """Yield one line for each gate on a metric that the task does not have, or on the wrong side."""
    for side, limits in (("min", gates.min), ("max", gates.max)):
        for name in limits:
            key, known = f"evaluate.gates.{side}.{name}", task.greater_is_better
            if name not in known:
                near = closest(name, known) or f"; expected one of {', '.join(known)}"
                yield f"{key}: not a metric of task {task.name}{near}"
            elif known[name] != (side == "min"):
                better, right = ("more", "min") if known[name] else ("less", "max")
                yield f"{key}: {better} is better; expected under {right}"
