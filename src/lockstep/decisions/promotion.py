"""Should the challenger be served? A value with its reasons; a person, or a later step, acts on it."""

from collections.abc import Iterator
from dataclasses import dataclass

from lockstep.artifacts.evaluation import Reason, Verdict
from lockstep.decisions.comparison import Comparison
from lockstep.params.retrain import RetrainSpec


@dataclass(frozen=True)
class Decision:
    """Yes or no, with every rule that was judged, broken ones first."""

    promote: bool
    reasons: tuple[str, ...]

    @property
    def word(self) -> str:
        """What is recommended: to promote the challenger, or to keep the champion."""
        return "promote" if self.promote else "keep"


def decide(gate: Verdict, comparison: Comparison | str | None, spec: RetrainSpec) -> Decision:
    """Recommend the challenger if its gate passed and it is surely not worse than the champion by more than allowed.

    Args:
        gate: of the challenger's evaluation.
        comparison: with the champion, or why there is none. What cannot be compared does not pass. None where there
            is no champion.
        spec: the margin.
    """
    rules = sorted([*gate.reasons, *_paired(comparison, spec)], key=lambda rule: (not rule.broken, not rule.judged))
    return Decision(
        promote=gate.passed and not any(rule.broken for rule in rules),
        reasons=tuple(f"{'no' if rule.broken else 'ok' if rule.judged else '--'}: {rule.text}" for rule in rules),
    )


def _paired(comparison: Comparison | str | None, spec: RetrainSpec) -> Iterator[Reason]:
    if comparison is None:
        yield Reason(passed=True, judged=False, text="there is no champion to be compared with")
        return
    if isinstance(comparison, str):
        yield Reason(passed=False, text=f"cannot be compared with the champion: {comparison}")
        return
    gain = comparison.gain
    if gain.value is None or gain.low is None or gain.high is None:
        yield Reason(passed=False, text=f"cannot be compared with the champion: {gain.not_applicable}")
        return
    passed = gain.low >= -spec.margin
    yield Reason(
        passed=passed,
        text=(
            f"{comparison.metric} {comparison.challenger.value:.4f}, champion {comparison.champion.value:.4f} "
            f"on the same {comparison.rows:,} rows: gain {gain.value:+.4f}, "
            f"interval {gain.low:+.4f} to {gain.high:+.4f}, "
            f"whose low end is {'not ' if passed else ''}below {-spec.margin + 0.0:g} (retrain.margin)"
        ),
    )
