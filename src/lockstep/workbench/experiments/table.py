"""Results side by side: only what differs, the best first. Pure, over small values."""

from collections.abc import Sequence
from dataclasses import dataclass

from lockstep.workbench.experiments.tried import Tried

UNKNOWN = "-"


@dataclass(frozen=True)
class Row:
    """A result: its name, whether it is the best, and a text for each column."""

    name: str
    best: bool
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Metrics that differ, then parameters that differ; rows from the best to the worst, unknown ones last."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def table(tried: Sequence[Tried]) -> Table:
    """Return the table of some results."""
    metrics = _differing([dict.fromkeys(one.metrics) | dict(one.metrics) for one in tried])
    params = _differing([dict(one.params) for one in tried])
    ordered = sorted(tried, key=_rank)
    best = ordered[0].name if ordered and ordered[0].interval else None
    names = dict.fromkeys(one.interval.metric for one in ordered if one.interval)
    columns = (" or ".join(names) or "main metric", "interval", *metrics, *params)
    rows = tuple(Row(one.name, one.name == best, _cells(one, metrics, params)) for one in ordered)
    return Table(columns, rows)


def _rank(one: Tried) -> tuple[bool, float]:
    if one.interval is None:
        return True, 0.0
    return False, -one.interval.value if one.interval.greater_is_better else one.interval.value


def _differing(values: Sequence[dict[str, object]]) -> list[str]:
    """Return the keys whose values differ between results, in order of first occurrence."""
    keys = dict.fromkeys(key for one in values for key in one)
    return [key for key in keys if len({repr(one.get(key)) for one in values}) > 1]


def _cells(one: Tried, metrics: Sequence[str], params: Sequence[str]) -> tuple[str, ...]:
    interval = one.interval
    known = (f"{interval.value:.4f}", f"{interval.low:.4f} to {interval.high:.4f}") if interval else (UNKNOWN, UNKNOWN)
    return (
        *known,
        *(str(one.metrics.get(name, UNKNOWN)) for name in metrics),
        *(str(one.params.get(name, UNKNOWN)) for name in params),
    )
