"""Drift of the current snapshot, features with the largest PSI first."""

from pathlib import Path
from typing import Any

from lockstep.core.files import read_json
from lockstep.pipeline.report.facts import Drift, FeatureDrift

ORDER = ("drifted", "stable", "ignored", "not applicable")


def gather(directory: Path) -> Drift | None:
    """Return the drift, or None if it was not measured.

    Raises:
        LockstepError: the file is damaged.
    """
    path = directory / "detail.json"
    if not path.is_file():
        return None
    detail = read_json(path)
    features = sorted((_compared(entry) for entry in detail["features"]), key=_rank)
    return Drift(
        applicable=detail["applicable"],
        drifted=detail["verdict"]["drift"] if detail["applicable"] else None,
        reasons=tuple(detail["verdict"]["reasons"]) or (detail["reason"],),
        rows=detail["rows"],
        features=tuple(features),
        score=_compared(detail["score"]) if detail.get("score") else None,
    )


def _compared(entry: dict[str, Any]) -> FeatureDrift:
    missing = entry.get("missing") or {}
    return FeatureDrift(
        name=entry["name"],
        kind=entry["kind"],
        status=entry["status"],
        reason=entry.get("reason"),
        psi=entry.get("psi"),
        p_adjusted=entry.get("p_adjusted"),
        missing_reference=missing.get("reference"),
        missing_current=missing.get("current"),
        histogram=entry.get("histogram"),
    )


def _rank(feature: FeatureDrift) -> tuple[int, float, str]:
    return ORDER.index(feature.status), -(feature.psi or 0.0), feature.name
