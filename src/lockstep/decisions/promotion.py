"""May a model replace the champion? The one rule of `gate --champion`, `promote`, retraining and review."""

from dataclasses import dataclass

from lockstep.artifacts.evaluation import Reason, Verdict
from lockstep.decisions.paired.result import Comparison, NotComparable
from lockstep.decisions.paired.verdict import standing
from lockstep.evaluation import gate

WORDS = {"not worse": "not worse", "worse": "significantly worse", "unsure": "possibly worse"}


@dataclass(frozen=True)
class Decision:
    """Whether to promote, and every rule, broken ones first."""

    promote: bool
    reasons: tuple[Reason, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """Each rule as a line for the ledger and for commit messages: no (broken), ok, or -- (not judged)."""
        return tuple(f"{'no' if one.broken else 'ok' if one.judged else '--'}: {one.text}" for one in self.reasons)

    @property
    def word(self) -> str:
        """The recommendation: promote the challenger, or keep the champion."""
        return "promote" if self.promote else "keep"


def not_worse(champion: str, outcome: Comparison | NotComparable, margin: float) -> Reason:
    """Return whether a model is not worse than the champion by more than a margin; not comparable is not passed.

    Args:
        champion: its name in the text.
        outcome: of the model against the champion.
        margin: `promote.margin`, in the unit of the main metric.
    """
    if isinstance(outcome, NotComparable):
        return Reason(passed=False, text=f"not comparable with {champion}: {outcome.reason}")
    main = outcome.main_contest
    found = standing(main.gain, margin)
    if found == "not judged":
        return Reason(passed=False, text=f"not comparable with {champion}: {main.gain.not_applicable}")
    return Reason(
        passed=found == "not worse",
        text=(
            f"{WORDS[found]} than {champion} by more than promote.margin ({margin:g}): "
            f"{main.title} {main.second.value:.4f} against {main.first.value:.4f} on {outcome.rows:,} common rows, "
            f"gain {main.gain.value:+.4f} "
            f"({outcome.confidence:.0%} interval {main.gain.low:+.4f} to {main.gain.high:+.4f})"
        ),
    )


def no_champion() -> Reason:
    """Return the rule where there is no champion yet: neither passed nor broken."""
    return Reason(passed=True, judged=False, text="there is no champion to compare with")


def decide(pinned: Verdict, champion: Reason) -> Decision:
    """Recommend the challenger if its gate passes and it is not worse than the champion.

    Args:
        pinned: verdict of the challenger's gate.
        champion: of `not_worse` or `no_champion`.
    """
    found = gate.verdict([*pinned.reasons, champion])
    return Decision(promote=pinned.passed and found.passed, reasons=found.reasons)
