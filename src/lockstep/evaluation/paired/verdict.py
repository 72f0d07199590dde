"""Which of two models is better, by the interval of the paired gain and the least gain that matters."""

from lockstep.evaluation.paired.result import Standing, Verdict
from lockstep.statistics.estimate import Estimate


def decide(gain: Estimate, min_effect: float) -> tuple[Verdict, str]:
    """Return the verdict on the second model, and its reason.

    Args:
        gain: of the second over the first by the main metric.
        min_effect: least gain that matters; models are equivalent if the whole interval is within it on both sides.
    """
    if gain.value is None or gain.low is None or gain.high is None:
        return "undecided", f"there is no interval: {gain.not_applicable}"
    span = f"gain {gain.value:+.4f}, interval {gain.low:+.4f} to {gain.high:+.4f}"
    if -min_effect <= gain.low and gain.high <= min_effect and (min_effect > 0 or gain.low == gain.high):
        return "equivalent", f"{span}: less than matters ({min_effect:g}) either way"
    if gain.low > 0 or gain.high < 0:
        side: Verdict = "better" if gain.low > 0 else "worse"
        if abs(gain.value) >= min_effect:
            return side, f"{span}: on one side of 0"
        return "undecided", f"{span}: significantly {side}, but perhaps by less than matters ({min_effect:g})"
    return "undecided", f"{span}: 0 lies within"


def standing(gain: Estimate, margin: float) -> Standing:
    """Return whether the second model is significantly not worse, or significantly worse, by more than the margin."""
    if gain.low is None or gain.high is None:
        return "not judged"
    if gain.low >= -margin:
        return "not worse"
    return "worse" if gain.high < -margin else "unsure"
