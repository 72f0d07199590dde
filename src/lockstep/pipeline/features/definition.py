"""What is computed at a cutoff, as plain values; `resolution` makes it of `params.features`.

The same definition is compiled for the training cutoffs, for the current snapshot and for whatever
serves features later.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from lockstep.artifacts.schema import Feature
from lockstep.artifacts.schema import Kind as Stored
from lockstep.params.features import Aggregate, Part
from lockstep.pipeline.features.aggregates import Kind
from lockstep.pipeline.features.cyclical import WAVES
from lockstep.pipeline.features.expressions import Expression

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
    """One column of an entity or flat table.

    A time becomes the days from it to the cutoff (without one, since 1970-01-01), and sine and cosine of its parts.
    """

    name: str
    table: str
    column: str
    kind: Kind
    """What the column holds."""
    stored: Stored
    """What the feature is taken for."""
    declared: bool = False
    """Whether params.yaml says so; where it does not, the words of a text column may say otherwise."""
    parts: tuple[Part, ...] = ()

    @property
    def features(self) -> Iterator[Feature]:
        """The columns that this one becomes."""
        yield Feature(name=self.name, kind=self.stored, origin="attribute")
        for part in self.parts:
            for wave in WAVES:
                yield Feature(name=f"{self.name}_{part}_{wave}", kind="number", origin="attribute")


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
            *(feature for attribute in self.attributes for feature in attribute.features),
            *(Feature(name=f.name, kind="number", origin="expression") for f in self.expressions),
            *(Feature(name=name, kind="number", origin="calendar") for name in CALENDAR if self.calendar),
        )

    @property
    def longest_window(self) -> timedelta:
        """How far before a cutoff a window reaches."""
        return max((f.window for f in self.aggregates if f.window), default=timedelta(0))

    def with_texts(self, names: Collection[str]) -> "Definition":
        """Return the definition in which the attributes of these names are made of words."""
        attributes = (replace(a, stored="text") if a.name in names else a for a in self.attributes)
        return replace(self, attributes=tuple(attributes))
