"""What is computed at a cutoff, as plain values; `resolution` makes it of `params.features`.

The same definition is compiled for the training cutoffs, for the current snapshot and for whatever
serves features later.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from lockstep.features.aggregates import Kind
from lockstep.features.expressions import Expression
from lockstep.features.schema import Feature
from lockstep.params.features import Aggregate

CALENDAR = ("month_sin", "month_cos", "weekday_sin", "weekday_cos")


@dataclass(frozen=True)
class AggregateFeature:
    """One aggregate of one column; recency, which looks at the whole past, has no window."""

    name: str
    table: str
    column: str
    how: Aggregate
    window: timedelta | None


@dataclass(frozen=True)
class AttributeFeature:
    """One column of an entity or flat table; a time becomes the days from it to the cutoff."""

    name: str
    table: str
    column: str
    kind: Kind


@dataclass(frozen=True)
class Definition:
    """All features, in the order of the columns of a feature file."""

    aggregates: tuple[AggregateFeature, ...]
    attributes: tuple[AttributeFeature, ...]
    expressions: tuple[Expression, ...]
    calendar: bool
    decimals: int

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns as the schema beside the files tells them."""
        return (
            *(Feature(name=f.name, kind="number", origin="aggregate") for f in self.aggregates),
            *(Feature(name=f.name, kind=_stored(f.kind), origin="attribute") for f in self.attributes),
            *(Feature(name=f.name, kind="number", origin="expression") for f in self.expressions),
            *(Feature(name=name, kind="number", origin="calendar") for name in CALENDAR if self.calendar),
        )

    @property
    def longest_window(self) -> timedelta:
        """How far before a cutoff a window reaches."""
        return max((f.window for f in self.aggregates if f.window), default=timedelta(0))


def _stored(kind: Kind) -> Literal["category", "number"]:
    return "category" if kind == "text" else "number"
