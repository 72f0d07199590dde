"""Measurements of one series (a feature, or the score) in both samples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.artifacts.schema import Kind
from lockstep.pipeline.drift.categories import CategoryPair
from lockstep.pipeline.drift.counts import Counts, Floats
from lockstep.pipeline.drift.histogram import Histogram, histogram_of_categories, histogram_of_numbers
from lockstep.pipeline.drift.numbers import NumberPair
from lockstep.pipeline.drift.statistics.chi_squared import homogeneity
from lockstep.pipeline.drift.statistics.measure import Measure, Significance
from lockstep.pipeline.drift.statistics.population_stability import index_of
from lockstep.pipeline.drift.statistics.registry import CATEGORIES, NUMBERS


@dataclass(frozen=True)
class Series:
    """A column to compare; `outside` is the reason why it is not judged, if it is not.

    A text is compared by its number of words: nearly every text is unique, so its values cannot be tested.
    """

    name: str
    kind: Kind
    outside: str | None = None

    @property
    def measured(self) -> str:
        """What is measured instead of the values, as part of a sentence; else empty."""
        return " of the number of words" if self.kind == "text" else ""


@dataclass(frozen=True)
class Side:
    """One sample of a series: its rows, and how many of them hold no value."""

    rows: int
    missing: int

    @property
    def values(self) -> int:
        """Rows that hold a value."""
        return self.rows - self.missing

    @property
    def missing_share(self) -> float:
        """Share of rows without a value; 0 for no rows."""
        return self.missing / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class MissingChange:
    """How the missing share differs: the two-proportion test, and the population stability index.

    The index, not the difference of the shares: a column that was complete and now lacks 5 % is
    broken, while 50 % that becomes 45 % is the slow growth of a history.
    """

    p_value: float
    psi: float


@dataclass(frozen=True)
class NewCategories:
    """Levels that are not in the reference: their number, their share of the current values, the first names.

    They are only shown. The test of the counts judges them: some rare levels are new in any
    sample.
    """

    count: int
    share: float
    names: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """The measurements of one series, for `decide` and for the report."""

    series: Series
    reference: Side
    current: Side
    measures: Mapping[str, Measure] = field(default_factory=dict)
    """By the statistic's name; a statistic that has no value for these samples is absent."""
    missing: MissingChange | None = None
    """None where all rows, or none, of both sides are missing."""
    new_categories: NewCategories | None = None
    histogram: Histogram | None = None

    @property
    def values_p_value(self) -> float | None:
        """The p-value of the one test among the measures."""
        return next((measure.p_value for measure in self.measures.values() if isinstance(measure, Significance)), None)

    @property
    def fewest_values(self) -> int:
        """Values on the side that has fewer."""
        return min(self.reference.values, self.current.values)

    @property
    def missing_difference(self) -> float:
        """Current share of missing values less that of the reference, in [-1, 1]."""
        return self.current.missing_share - self.reference.missing_share


NAMES_SHOWN = 5
WORD = r"\S+"


def compare(series: Series, reference: Any, current: Any) -> Comparison:
    """Measure one series.

    Args:
        series: its name and kind.
        reference: values of shape (n,), numbers or texts, as a NumPy array or a pyarrow array.
        current: values of shape (m,) likewise. n and m may differ, and be zero.
    """
    if series.kind == "category":
        return compare_categories(series, CategoryPair.of(reference, current))
    if series.kind == "text":
        reference, current = number_of_words(reference), number_of_words(current)
    return compare_numbers(series, NumberPair.of(reference, current))


def compare_numbers(series: Series, pair: NumberPair) -> Comparison:
    """Measure two samples of a number."""
    sides = _sides(pair.missing, (pair.reference.size, pair.current.size))
    return Comparison(
        series,
        *sides,
        measures={name: measure for name, of in NUMBERS.items() if (measure := of(pair)) is not None},
        missing=_missing(*sides),
        histogram=histogram_of_numbers(pair),
    )


def compare_categories(series: Series, pair: CategoryPair) -> Comparison:
    """Measure two samples of a category."""
    counts = pair.all_counts
    sides = _sides(pair.missing, (int(counts.reference.sum()), int(counts.current.sum())))
    return Comparison(
        series,
        *sides,
        measures={name: measure for name, of in CATEGORIES.items() if (measure := of(pair)) is not None},
        missing=_missing(*sides),
        new_categories=_new(pair),
        histogram=histogram_of_categories(pair),
    )


def _sides(missing: tuple[int, int], values: tuple[int, int]) -> tuple[Side, Side]:
    reference, current = (Side(m + v, m) for m, v in zip(missing, values, strict=True))
    return reference, current


def _missing(reference: Side, current: Side) -> MissingChange | None:
    missing, values = reference.missing + current.missing, reference.values + current.values
    if not (reference.rows and current.rows and missing and values):
        return None
    cells = np.array([[side.missing, side.values] for side in (reference, current)])
    table = Counts(cells[0], cells[1])
    return MissingChange(homogeneity(table).p_value, index_of(table))


def _new(pair: CategoryPair) -> NewCategories:
    unseen = pair.unseen()
    current = pair.all_counts.current
    share = float(current[unseen].sum() / max(current.sum(), 1))
    return NewCategories(len(unseen), share, tuple(pair.levels[i] for i in unseen[:NAMES_SHOWN]))


def number_of_words(texts: Any) -> Floats:
    """Return how many words each text has, (n,); NaN for a null.

    It shows an empty form, a cut-off field, another language or a pasted log; it does not show another topic.

    Args:
        texts: a pyarrow array or a sequence of texts and nulls, (n,).
    """
    array = texts if isinstance(texts, pa.Array | pa.ChunkedArray) else pa.array(texts, pa.string())
    counts = pc.count_substring_regex(array.cast(pa.string()), pattern=WORD)
    return np.asarray(pc.cast(counts, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
