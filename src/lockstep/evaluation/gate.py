"""The gate: may this model be served? Pure rules, which the stage `evaluate` pins."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from lockstep.artifacts.evaluation import Calibration, Reason, Segment, Verdict
from lockstep.core.errors import LockstepError, closest, shorten
from lockstep.params.pipeline.evaluate import GateSpec
from lockstep.statistics.estimate import Estimate

NAMED = 5  # levels


def decide(
    metrics: Mapping[str, Estimate],
    gains: Mapping[str, Estimate],
    spec: GateSpec,
    *,
    segments: Sequence[Segment] = (),
    greater_is_better: bool = True,
    calibration: Calibration | None = None,
    confidence: float = 0.95,
) -> Verdict:
    """Return whether every rule of the gate holds, with all rules, broken ones first.

    Args:
        metrics: the model's metrics by name.
        gains: of the main metric over each baseline; above 0 the model is better.
        spec: the rules. A rule without a value is broken; levels that are too small are not judged.
        segments: the main metric by level.
        greater_is_better: whether more of the main metric is better.
        calibration: of the model's probabilities.
        confidence: of the intervals.

    Raises:
        LockstepError: a rule names a metric that is not in `metrics`.
    """
    reasons = [*_limits(metrics, spec), *(_beats(gains, confidence) if spec.beat_baselines else ())]
    if spec.segments is not None:
        reasons += _segments(segments, spec.segments, greater_is_better)
    if spec.calibration is not None:
        reasons.append(_calibration(calibration, spec.calibration))
    if spec.latency_ms is not None:
        reasons.append(latency(None, spec.latency_ms))
    return verdict(reasons)


def verdict(reasons: Iterable[Reason]) -> Verdict:
    """Return the verdict, with broken rules first and those that were not judged last."""
    ordered = sorted(reasons, key=lambda reason: (not reason.broken, not reason.judged))
    return Verdict(passed=not any(reason.broken for reason in ordered), reasons=tuple(ordered))


def latency(milliseconds: float | None, limit: float) -> Reason:
    """Return whether one row is predicted fast enough; None: not measured."""
    if milliseconds is None:
        return Reason(
            passed=False,
            judged=False,
            text=f"latency of one row, at most {limit:g} ms: not pinned, `lockstep gate` measures it",
        )
    passed = milliseconds <= limit
    return Reason(passed=passed, text=f"latency of one row is {milliseconds:.2f} ms, expected at most {limit:g} ms")


def _limits(metrics: Mapping[str, Estimate], spec: GateSpec) -> Iterator[Reason]:
    for side, limits in (("min", spec.min), ("max", spec.max)):
        for name, limit in limits.items():
            if name not in metrics:
                hint = closest(name, metrics) or f"; expected one of {', '.join(metrics)}"
                raise LockstepError(f"params.yaml: evaluate.gates.{side}.{name}: no such metric{hint}")
            yield _limit(name, metrics[name], side == "min", limit)


def _limit(name: str, estimate: Estimate, least: bool, limit: float) -> Reason:
    rule = f"at {'least' if least else 'most'} {limit:g}"
    if estimate.value is None:
        return Reason(passed=False, text=f"{name} has no value, expected {rule}: {estimate.not_applicable}")
    passed = estimate.value >= limit if least else estimate.value <= limit
    return Reason(passed=passed, text=f"{name} is {estimate.value:.4f}, expected {rule}")


def _beats(gains: Mapping[str, Estimate], confidence: float) -> Iterator[Reason]:
    for baseline, gain in gains.items():
        if gain.low is None or gain.high is None:
            yield Reason(passed=False, text=f"not comparable with {baseline}: {gain.not_applicable}")
        else:
            side = "better" if gain.low > 0 else "worse" if gain.high < 0 else "not significantly better"
            span = f"gain {gain.value:+.4f} ({confidence:.0%} interval {gain.low:+.4f} to {gain.high:+.4f})"
            yield Reason(passed=gain.low > 0, text=f"{side} than {baseline}: {span}")


def _segments(segments: Sequence[Segment], limit: float, greater_is_better: bool) -> Iterator[Reason]:
    """Yield one rule per segment, broken if the whole interval of a level lies on the wrong side of the limit."""
    if not segments:
        yield Reason(passed=False, text="evaluate.gates.segments is set, but evaluate.segments is empty")
    for segment in segments:
        short = {
            f"{shorten(level.level or '(missing)', 40)} ({end:.4f})"
            for level in segment.levels
            if (end := level.score.high if greater_is_better else level.score.low) is not None
            and (end < limit if greater_is_better else end > limit)
        }
        judged = [level for level in segment.levels if level.score.low is not None]
        rule = f"each level of {segment.column} at {'least' if greater_is_better else 'most'} {limit:g}"
        if not judged:
            yield Reason(passed=False, judged=False, text=f"{rule}: every level has too few rows")
        elif short:
            yield Reason(passed=False, text=f"{rule}: significantly violated by {', '.join(sorted(short)[:NAMED])}")
        else:
            small = len(segment.levels) - len(judged)
            left = f"; {small} with too few rows not judged" if small else ""
            yield Reason(passed=True, text=f"{rule}: no level violates it significantly{left}")


def _calibration(found: Calibration | None, limit: float) -> Reason:
    if found is None or found.error is None or found.chance_high is None:
        return Reason(passed=False, text="calibration does not apply: the predictions are not probabilities")
    said = f"calibration error {found.error:.4f}, expected at most {limit:g}"
    if found.error <= limit:
        return Reason(passed=True, text=said)
    if found.error <= found.chance_high:
        return Reason(passed=True, text=f"{said}; not significant: up to {found.chance_high:.4f} occurs by chance")
    return Reason(passed=False, text=f"{said}; significant: at most {found.chance_high:.4f} occurs by chance")
