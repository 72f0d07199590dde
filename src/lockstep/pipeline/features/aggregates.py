"""The aggregates, each computed from exact parts of bins.

A part is a reduction of a bin's events that can be merged across bins. All parts except minimum and
maximum are whole numbers, added exactly, so that neither the order of the rows nor the number of
threads can change a result (parallel sums of floats differ in the last bit).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockstep.params.pipeline.features import Aggregate

if TYPE_CHECKING:
    import ibis.expr.types as ir

EXACT = "decimal(38,0)"
MILLISECONDS_A_DAY = 86_400_000


@dataclass(frozen=True)
class Observation:
    """One column of the events: `value` (null is missing), `whole` (value x scale), `moment` (ms)."""

    value: ir.Column
    whole: ir.Column
    moment: ir.Column


@dataclass(frozen=True)
class Part:
    """How a part is computed in a bin, and merged over bins."""

    reduce: Callable[[Observation], ir.Scalar]
    merge: Callable[[ir.Column, ir.BooleanValue], ir.Scalar]


def _total(column: ir.Value, where: ir.BooleanValue | None = None) -> ir.Scalar:
    # Cast afterwards: Ibis assumes two decimals for the sum of a decimal. Not
    # before: DuckDB adds 64-bit numbers in 128 bits, and faster than it adds decimals.
    return column.sum(where=where).cast(EXACT)


def _moments(seen: Observation) -> ir.Value:
    return seen.value.notnull().ifelse(seen.moment, None).cast(EXACT)


PARTS: dict[str, Part] = {
    "count": Part(lambda seen: seen.value.count(), _total),
    "total": Part(lambda seen: _total(seen.whole), _total),
    "squares": Part(lambda seen: _total(seen.whole.cast(EXACT) * seen.whole.cast(EXACT)), _total),
    "least": Part(lambda seen: seen.value.min(), lambda column, where: column.min(where=where)),
    "greatest": Part(lambda seen: seen.value.max(), lambda column, where: column.max(where=where)),
    "moments": Part(lambda seen: _total(_moments(seen)), _total),
    "moment_squares": Part(lambda seen: _total(_moments(seen) * _moments(seen)), _total),
    "products": Part(lambda seen: _total(_moments(seen) * seen.whole.cast(EXACT)), _total),
}

Merged = Mapping[str, "ir.Column"]


@dataclass(frozen=True)
class Rule:
    """How one aggregate is computed from merged parts.

    `finish` gets the merged parts and the scale of the whole numbers; `empty` is the value without an event.
    """

    parts: tuple[str, ...] = ()
    finish: Callable[[Merged, int], ir.Value] | None = None
    empty: float | None = None


def _float(value: ir.Value) -> ir.FloatingValue:
    return value.cast("float64")


def _count(parts: Merged, _: int) -> ir.Value:
    return _float(parts["count"])


def _sum(parts: Merged, scale: int) -> ir.Value:
    return _float(parts["total"]) / scale


def _mean(parts: Merged, scale: int) -> ir.Value:
    return _float(parts["total"]) / _float(parts["count"].nullif(0)) / scale


def _std(parts: Merged, scale: int) -> ir.Value:
    """Sample standard deviation: n Σx² - (Σx)² is exact, so that nothing cancels; null below two values."""
    n, total = parts["count"].cast(EXACT), parts["total"]
    spread, pairs = n * parts["squares"] - total * total, n * (n - 1)
    return (_float(spread) / _float(pairs.nullif(0))).sqrt() / scale


def _trend(parts: Merged, scale: int) -> ir.Value:
    """Slope of the least-squares line per day; null where all events have one time (to the millisecond)."""
    n, total, moments = parts["count"].cast(EXACT), parts["total"], parts["moments"]
    slope = n * parts["products"] - moments * total
    spread = n * parts["moment_squares"] - moments * moments
    return _float(slope) / _float(spread.nullif(0)) * MILLISECONDS_A_DAY / scale


RULES: dict[Aggregate, Rule] = {
    "count": Rule(("count",), _count, empty=0.0),
    "sum": Rule(("total",), _sum, empty=0.0),
    "mean": Rule(("count", "total"), _mean),
    "min": Rule(("least",), lambda parts, _: _float(parts["least"])),
    "max": Rule(("greatest",), lambda parts, _: _float(parts["greatest"])),
    "std": Rule(("count", "total", "squares"), _std),
    "trend": Rule(("count", "total", "moments", "moment_squares", "products"), _trend),
    "distinct": Rule(empty=0.0),
    "recency": Rule(),
}
"""`distinct` and `recency` have no parts: `distinct.py` and `recency.py` compute them."""
