"""Which of two models is better: decided from the interval of the paired difference."""

import math

from lockstep.decisions.paired.result import Standing, Verdict
from lockstep.statistics.estimate import Estimate

NORMAL = 1.96  # standard deviations that hold 95% of a normal distribution


def decide(gain: Estimate, min_effect: float) -> tuple[Verdict, str]:
    """Return the verdict on the second model, and its reason.

    Args:
        gain: of the second over the first by the main metric.
        min_effect: smallest gain that matters; the models are equivalent if the interval lies within it either way.
    """
    if gain.value is None or gain.low is None or gain.high is None:
        return "undecided", f"no interval: {gain.not_applicable}"
    span = f"gain {gain.value:+.4f}, interval {gain.low:+.4f} to {gain.high:+.4f}"
    if -min_effect <= gain.low and gain.high <= min_effect and (min_effect > 0 or gain.low == gain.high):
        why = f"smaller than compare.min_effect ({min_effect:g})" if min_effect else "no difference in any resample"
        return "equivalent", f"{span}: {why}"
    if gain.low > 0 or gain.high < 0:
        side: Verdict = "better" if gain.low > 0 else "worse"
        if abs(gain.value) >= min_effect:
            return side, f"{span}: excludes 0"
        return "undecided", f"{span}: significantly {side}, but by less than compare.min_effect ({min_effect:g})"
    return "undecided", f"{span}: includes 0"


def standing(gain: Estimate, margin: float) -> Standing:
    """Return whether the second model is worse than the first by more than a margin.

    This is the one rule of promotion, of segments too: not worse where the whole interval of the gain lies at or above
    -margin, worse where it lies below, else unsure.
    """
    if gain.value is None or gain.low is None or gain.high is None:
        return "not judged"
    if gain.low >= -margin:
        return "not worse"
    return "worse" if gain.high < -margin else "unsure"


def seed_noise(first: float | None, second: float | None) -> float | None:
    """Return how far another seed moves the difference of two scores, 95% of the time, from their deviations."""
    return None if first is None or second is None else round(NORMAL * math.hypot(first, second), 6)
