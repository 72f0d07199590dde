"""Every number of the pinned evaluation as a metric; an interval is three of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lockstep.artifacts.evaluation import Evaluation
from lockstep.pipeline.track.names import key
from lockstep.statistics.estimate import Estimate

MISSING = "-missing-"


@dataclass(frozen=True)
class Measure:
    """One value of a metric, at a step of its curve."""

    name: str
    value: float
    step: int = 0


def measures(evaluation: Evaluation, training: dict[str, Any], drift: dict[str, Any]) -> tuple[Measure, ...]:
    """Return all of them: scores of the test split, baselines, gains, segments, curves, drift."""
    return (*_scores(evaluation), *_others(evaluation), *_curves(training), *_drift(drift))


def _scores(evaluation: Evaluation) -> Iterator[Measure]:
    for score in evaluation.scores:
        yield from _estimate(score.model, score.name)
        for name, estimate in score.baselines.items():
            # Its own interval says less than that of the difference, which is paired.
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
    """Yield the loss by round, and the score by training rows: the step is the round, or the rows."""
    for split, losses in (training.get("history") or {}).items():
        yield from (Measure(key("loss", split), loss, step) for step, loss in enumerate(losses))
    for point in training.get("learning_curve") or ():
        for split in ("train", "valid"):
            yield Measure(key("learning", split), point[split], point["rows"])


def _drift(drift: dict[str, Any]) -> Iterator[Measure]:
    for name, found in drift.items():
        if isinstance(found, int | float):
            yield Measure(key("drift", name), float(found))


def _estimate(estimate: Estimate, *name: str) -> Iterator[Measure]:
    """Yield what there is of value and bounds; a number that does not apply is no metric."""
    base = key(*name)
    for suffix, number in (("", estimate.value), (".low", estimate.low), (".high", estimate.high)):
        if number is not None:
            yield Measure(base + suffix, number)
