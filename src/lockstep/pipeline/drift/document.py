"""The verdict and the measurements as plain values for JSON and CSV; a rerun gives the same bytes."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from lockstep.core.errors import shorten
from lockstep.pipeline.drift.comparison import Comparison
from lockstep.pipeline.drift.histogram import Histogram
from lockstep.pipeline.drift.verdict import Judgement, Verdict

DIGITS = 6  # significant: the last bits of a logarithm differ between processors
NAME_WIDTH = 80
Answer = Literal["yes", "no", "not applicable"]
COLUMNS = ("name", "psi", "p_adjusted", "drifted", "status", "missing_difference")


def answer(verdict: Verdict) -> Answer:
    """Return the verdict in one word; "not applicable" is not "no"."""
    if not verdict.applicable:
        return "not applicable"
    return "yes" if verdict.drift else "no"


def rounded(value: float | None) -> float | None:
    """Return the value with six significant digits."""
    return None if value is None else float(f"{value:.{DIGITS}g}")


def psi(comparison: Comparison) -> float | None:
    """Return the population stability index; None where a side holds no value."""
    measure = comparison.measures.get("psi")
    return rounded(measure.value) if measure else None


def detail(
    verdict: Verdict, features: Sequence[Comparison], score: Comparison, as_of: datetime | None
) -> dict[str, Any]:
    """Return all measurements and judgements, for the report."""
    rows = next(((c.reference.rows, c.current.rows) for c in features), (0, 0))
    return {
        "applicable": verdict.applicable,
        "reason": None if verdict.applicable else verdict.reasons[0],
        "verdict": {"drift": verdict.drift, "reasons": list(verdict.reasons)},
        "as_of": as_of.isoformat() if as_of else None,
        "rows": {"reference": rows[0], "current": rows[1]},
        "features": [_series(c, j) for c, j in zip(features, verdict.features, strict=True)],
        "score": _series(score, verdict.score),
    }


def summary(verdict: Verdict, features: Sequence[Comparison], score: Comparison) -> dict[str, str | int | float]:
    """Return the few numbers for git and `dvc exp show`."""
    if not verdict.applicable:
        return {"drift": answer(verdict), "checked": 0}
    judged = [(c, j) for c, j in zip(features, verdict.features, strict=True) if j.status in ("stable", "drifted")]
    numbers = {
        "max_psi": max((index for c, _ in judged if (index := psi(c)) is not None), default=None),
        "score_psi": psi(score),
    }
    return {
        "drift": answer(verdict),
        "drifted": sum(j.status == "drifted" for _, j in judged),
        "checked": len(judged),
        **{name: value for name, value in numbers.items() if value is not None},
    }


def table(verdict: Verdict, features: Sequence[Comparison], score: Comparison) -> str:
    """Return one CSV row for each series that was compared, the largest population stability index first.

    Series that are not applicable are left out: with few values, the index is large by chance.
    """
    series = zip([*features, score], [*verdict.features, verdict.score], strict=True)
    rows = [(index, c, j) for c, j in series if (index := psi(c)) is not None and j.status != "not applicable"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for index, c, j in sorted(rows, key=lambda row: (-row[0], row[1].series.name)):
        p_adjusted, difference = rounded(j.p_adjusted), rounded(c.missing_difference)
        name = shorten(c.series.name, NAME_WIDTH)
        writer.writerow([name, index, p_adjusted, int(j.status == "drifted"), j.status, difference])
    return text.getvalue()


def _series(comparison: Comparison, judgement: Judgement) -> dict[str, Any]:
    new = comparison.new_categories
    names = ("psi", "ks", "js", "wasserstein", "chi_squared")
    values = {name: measure.value for name, measure in comparison.measures.items()}
    return {
        "name": comparison.series.name,
        "kind": comparison.series.kind,
        "status": judgement.status,
        "reason": judgement.reason,
        "p_value": rounded(judgement.p_value),
        "p_adjusted": rounded(judgement.p_adjusted),
        **{name: rounded(values.get(name)) for name in names},
        "missing": {
            "reference": rounded(comparison.reference.missing_share),
            "current": rounded(comparison.current.missing_share),
            "psi": rounded(comparison.missing.psi) if comparison.missing else None,
        },
        "new_categories": new
        and {
            "count": new.count,
            "share": rounded(new.share),
            "names": [shorten(name, NAME_WIDTH) for name in new.names],
        },
        "histogram": comparison.histogram and _histogram(comparison.histogram),
    }


def _histogram(histogram: Histogram) -> dict[str, Any]:
    axis: dict[str, Any] = (
        {"labels": list(histogram.labels)}
        if histogram.labels is not None
        else {"edges": [rounded(edge) for edge in histogram.edges or ()]}
    )
    shares = {"reference": histogram.reference, "current": histogram.current}
    return axis | {name: [rounded(share) for share in side] for name, side in shares.items()}
