"""Section `evaluate`: intervals, segments and the gate."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from lockstep.core.errors import closest
from lockstep.core.spec import Duration, Many, Name, Spec

if TYPE_CHECKING:
    from lockstep.tasks.task import Task


class CostsSpec(Spec):
    """What one row costs by what was predicted and what was true, in any unit; a gain is negative."""

    true_positive: float = 0.0
    """Cost of a row rightly called positive, in any unit; a gain is negative."""
    false_positive: float = 1.0
    """Cost of a row wrongly called positive, in the unit of the other costs."""
    true_negative: float = 0.0
    """Cost of a row rightly not called positive; a gain is negative."""
    false_negative: float = 1.0
    """Cost of a positive row that is not called so, in the unit of the other costs."""

    @model_validator(mode="after")
    def _sensible(self) -> "CostsSpec":
        if self.false_positive <= self.true_negative or self.false_negative <= self.true_positive:
            raise ValueError("expected an error to cost more than what would have been right")
        return self


class GateSpec(Spec):
    """What a model must reach before it may be served."""

    min: dict[str, float] = {}
    """Metric -> least value that passes (metrics where more is better)."""
    max: dict[str, float] = {}
    """Metric -> greatest value that passes (metrics where less is better)."""
    beat_baselines: bool = True
    """The paired difference to every baseline must have its whole interval on the better side."""
    segments: float | None = None
    """Least (greatest, if less is better) main metric of each level; broken only by a level's whole interval."""
    calibration: float | None = Field(None, gt=0, lt=1)
    """Greatest expected calibration error."""
    latency_ms: float | None = Field(None, gt=0)
    """Greatest time for one row, in milliseconds; judged by `lockstep gate` alone, for a time must not be pinned."""
    champion: float = Field(0.0, ge=0)
    """How much worse than the champion the model may perhaps be, by the main metric; judged by `lockstep gate`."""


class EvaluateSpec(Spec):
    """How the test split is looked at."""

    bootstrap: int = Field(1000, ge=100, le=100_000)
    """Resamples that every interval is made of; more of them make its ends surer, and take longer."""
    confidence: float = Field(0.95, gt=0.5, lt=1)
    """Of every interval: 0.95 is meant to hold the true value 95 times of 100; more makes it wider."""
    segments: Many[Name] = ()
    """Features at whose levels the main metric is measured too."""
    sensitive: Many[Name] = ()
    """Features between whose levels fairness is measured: for two classes."""
    leakage: float = Field(0.95, gt=0, le=1)
    """Share of the model's gain over the constant baseline from which on a single feature raises an alarm."""
    near_cutoff: Duration = timedelta(days=1)
    """Rows whose last event lies at most so long before the cutoff are near it: there leaks through timestamps show."""
    near_leakage: float = Field(0.6, gt=0, le=1)
    """Part of a feature's importance that must surely come from rows near the cutoff to raise an alarm."""
    threshold: Literal["cost", "f1"] | float = "cost"
    """Least probability of a row called positive: a number, or where validation rows cost least (or F1 peaks)."""
    costs: CostsSpec = CostsSpec()
    """What a row costs by what was predicted and what was true, of a binary task."""
    top_share: float = Field(0.1, gt=0, le=1)
    """Of the rows with the highest scores: what lift, precision and recall at the top are of."""
    top_classes: int = Field(2, ge=1, le=1000)
    """How many of the likeliest classes may hold the true one, for top-k accuracy."""
    quantile: float = Field(0.9, gt=0, lt=1)
    """Of the pinball loss: 0.9 makes a number that is too low nine times as bad as one that is too high."""
    gates: GateSpec = GateSpec()
    """What the model must reach before it may be served."""

    @field_validator("threshold")
    @classmethod
    def _within(cls, value: str | float) -> str | float:
        if isinstance(value, float) and not 0 <= value <= 1:
            raise ValueError("expected cost, f1 or a probability")
        return value


def gate_faults(gates: GateSpec, task: "Task") -> Iterator[str]:
    """Yield one line for each limit on a metric that the task does not have, or on its wrong side."""
    for side, limits in (("min", gates.min), ("max", gates.max)):
        for name in limits:
            key, known = f"evaluate.gates.{side}.{name}", task.greater_is_better
            if name not in known:
                near = closest(name, known) or f"; expected one of {', '.join(known)}"
                yield f"{key}: not a metric of task {task.name}{near}"
            elif known[name] != (side == "min"):
                better, right = ("more", "min") if known[name] else ("less", "max")
                yield f"{key}: {better} is better; expected under {right}"
