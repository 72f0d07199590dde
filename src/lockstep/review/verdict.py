"""The verdict: what a reviewer reads first. A pure function of the other parts."""

from collections.abc import Sequence
from typing import Literal

from lockstep.review.part import Part
from lockstep.review.results import Results
from lockstep.review.stages import Stage

Standing = Literal["better", "worse", "no detectable difference", "no difference", "not comparable", "unknown"]
Gates = Literal["passed", "failed", "unknown"]
EVALUATE = "evaluate"
UNMADE = "the results of the change have not been made"


class Verdict(Part):
    """In a word each.

    Attributes:
        stale: dvc.lock is not up to date with params, code or dvc.yaml: the results below are not those of the change.
        standing: of the new model against the old one.
        why: in a sentence.
        gates: of the new model's pinned evaluation.
        broken: the rules that it breaks.
    """

    stale: bool
    standing: Standing
    why: str
    gates: Gates
    broken: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the change may be merged as far as this can tell: the lock is fresh, and no gate fails."""
        return not self.stale and self.gates != "failed"


def verdict(stages: Sequence[Stage], results: Results) -> Verdict:
    """Return the verdict; a stale lock has none, for what it pins was made from something else."""
    due = [one.name for one in stages if one.standing == "to run"]
    standing: Standing
    standing, why = ("unknown", UNMADE) if EVALUATE in due else _standing(results)
    new = results.new
    broken = tuple(one.text for one in new.reasons if one.broken) if new and EVALUATE not in due else ()
    gates: Gates = "unknown" if new is None or EVALUATE in due else "passed" if new.gate and not broken else "failed"
    return Verdict(stale=bool(due), standing=standing, why=why, gates=gates, broken=broken)


def _standing(results: Results) -> tuple[Standing, str]:
    if results.same:
        return "no difference", "both pin the same evaluation"
    if results.not_comparable:
        return "not comparable", results.not_comparable
    found = results.comparison
    if found is None:
        return "unknown", "; ".join(results.left_out) or "there is nothing to compare"
    gain = found.main_contest.gain
    by = f"{found.main_contest.title} {gain.value:+.4f}" if gain.value is not None else found.main_contest.title
    if gain.low is not None and gain.high is not None:
        by += f" ({gain.low:+.4f} to {gain.high:+.4f})"
    rows = f"on {found.rows:,} common rows"
    if found.verdict in ("better", "worse"):
        return found.verdict, f"{by} {rows}{_noise(results)}"
    return "no detectable difference", f"{by} {rows}"


def _noise(results: Results) -> str:
    """Say where a difference is no larger than what another seed makes."""
    gain = results.comparison.main_contest.gain.value if results.comparison else None
    if gain is None or results.seed_noise is None or abs(gain) > results.seed_noise:
        return ""
    return f"; another seed alone moves it by up to {results.seed_noise:.4f}"
