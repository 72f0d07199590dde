"""The numbers of the pinned results as metrics of MLflow; an estimate with an interval is three metrics."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lockstep.artifacts.evaluation import Evaluation
from lockstep.pipeline.track.names import key
from lockstep.statistics.estimate import Estimate

MISSING = "-missing-"


@dataclass(frozen=True)
class Measure:
    """One value of a metric; `step` is its position on a curve."""

    name: str
    value: float
    step: int = 0


def measures(evaluation: Evaluation, training: dict[str, Any], drift: dict[str, Any]) -> tuple[Measure, ...]:
    """Return the scores of the test split, baselines, gains, segments, curves and drift.

    Args:
        evaluation: evaluation.json.
        training: training.json.
        drift: detail.json of the drift stage.
    """
    return (*_scores(evaluation), *_others(evaluation), *_curves(training), *_drift(drift))


def _scores(evaluation: Evaluation) -> Iterator[Measure]:
    for score in evaluation.scores:
        yield from _estimate(score.model, score.name)
        for name, estimate in score.baselines.items():
            # The paired difference below has the interval that matters.
            if estimate.value is not None:
                yield Measure(key(f"vs {name}", score.name), estimate.value)
        for name, estimate in score.gains.items():
            yield from _estimate(estimate, f"vs {name}", f"{score.name}.gain")


def _others(evaluation: Evaluation) -> Iterator[Measure]:
    yield Measure("gate", float(evaluation.gate.passed))
    if evaluation.decision:
        yield Measure("threshold", evaluation.decision.threshold)
    if evaluation.calibration and evaluation.calibration.error is not None:
        yield Measure("calibration_error", evaluation.calibration.error)
    for segment in evaluation.segments:
        for level in segment.levels:
            yield from _estimate(
                level.score, "segment", segment.column, MISSING if level.level is None else level.level
            )


def _curves(training: dict[str, Any]) -> Iterator[Measure]:
    """Yield the loss by round and the score by training rows; the step is the round, or the number of rows."""
    for split, losses in (training.get("history") or {}).items():
        yield from (Measure(key("loss", split), loss, step) for step, loss in enumerate(losses))
    for point in training.get("learning_curve") or ():
        for split in ("train", "valid"):
            yield Measure(key("learning", split), point[split], point["rows"])


def _drift(drift: dict[str, Any]) -> Iterator[Measure]:
    """Yield how many features were checked and drifted, and the largest population stability index of those."""
    checked = [feature for feature in drift["features"] if feature["status"] in ("stable", "drifted")]
    numbers: dict[str, float | None] = {"checked": len(checked)}
    if drift["applicable"]:
        numbers |= {
            "drifted": sum(feature["status"] == "drifted" for feature in checked),
            "max_psi": max((feature["psi"] for feature in checked if feature["psi"] is not None), default=None),
            "score_psi": drift["score"]["psi"],
        }
    yield from (Measure(key("drift", name), float(value)) for name, value in numbers.items() if value is not None)


def _estimate(estimate: Estimate, *name: str) -> Iterator[Measure]:
    """Yield value and bounds; a number that does not apply is left out."""
    base = key(*name)
    for suffix, number in (("", estimate.value), (".low", estimate.low), (".high", estimate.high)):
        if number is not None:
            yield Measure(base + suffix, number)
