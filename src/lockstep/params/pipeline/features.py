"""Section `features`: which snapshots are taken and what is computed at each."""

import re
from typing import Literal

from pydantic import Field, field_validator

from lockstep.core.spec import Duration, Many, Name, Spec

Kind = Literal["category", "text", "number"]
Part = Literal["month", "weekday", "hour"]
Aggregate = Literal["count", "sum", "mean", "min", "max", "std", "distinct", "recency", "trend"]


class CutoffsSpec(Spec):
    """The cutoffs of the training snapshots, counted back from as_of minus the horizon."""

    every: str = "1mo"
    """Step between cutoffs: `1mo` keeps the day of the month; `7d`, `12h` are fixed lengths."""
    last: int = Field(12, ge=1, le=1000)
    """Number of training cutoffs; more give more examples and reach further back."""

    @field_validator("every")
    @classmethod
    def _step(cls, every: str) -> str:
        if not re.fullmatch(r"[1-9]\d{0,3}(mo|w|d|h)", every):
            raise ValueError("expected a step such as 1mo, 2w, 7d or 12h")
        return every


class FeaturesSpec(Spec):
    """Windows x aggregates of event tables, attributes of entities, expressions, calendar."""

    cutoffs: CutoffsSpec = CutoffsSpec()
    """When the training snapshots are taken, counted back from as_of minus the horizon."""
    windows: Many[Duration] = ()
    """Lengths of time before the cutoff; each aggregate except recency is computed over each of them."""
    aggregates: dict[Name, dict[Name, Many[Aggregate]]] = {}
    """Event table -> column -> aggregates of its values before each cutoff."""
    attributes: dict[Name, Many[Name]] = {}
    """Table (entity or flat) -> columns; `tenure` is the number of days since the entity table's time."""
    kinds: dict[Name, Kind] = {}
    """Attribute -> kind of the feature; default: from the type of the column, and for text also from its values."""
    datetime: Many[Part] = ()
    """Parts of every time attribute that become features, each as sine and cosine."""
    expressions: dict[Name, str] = {}
    """Name -> formula of other features at the same cutoff; division by zero gives a missing value."""
    calendar: bool = False
    """Add month and weekday of the cutoff as features, each as sine and cosine."""
    decimals: int = Field(6, ge=0, le=9)
    """Decimals kept in sums; they are added as whole numbers, so that the order of rows does not matter."""

    @field_validator("windows")
    @classmethod
    def _windows_differ(cls, windows: tuple[object, ...]) -> tuple[object, ...]:
        if len(set(windows)) != len(windows):
            raise ValueError("expected windows that differ")
        return windows
