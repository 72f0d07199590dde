"""The verdict, which a reviewer reads first: a pure function of the other parts."""

from collections.abc import Iterator, Sequence
from typing import Literal

from lockstep.artifacts.evaluation import Reason
from lockstep.workbench.review.part import Part
from lockstep.workbench.review.results import Results
from lockstep.workbench.review.stages import Stage

Standing = Literal["better", "worse", "no detectable difference", "no difference", "not comparable", "unknown"]
Gates = Literal["passed", "failed", "unknown"]
EVALUATE = "evaluate"
NOT_RUN = "the stage evaluate has not run since the change"


class Verdict(Part):
    """The result of a review.

    Attributes:
        stale: dvc.lock is not up to date with params, code or dvc.yaml: the results below are not those of the change.
        standing: of the new model against the old one.
        why: in a sentence.
        gates: of the new model's pinned evaluation.
        broken: the rules that it breaks.
        promotion: whether the new model may replace the old one as champion; None where this is unknown.
        within_noise: another seed alone moves the main metric as much.
        withheld: what the base has and the change lacks: not a pass.
    """

    stale: bool
    standing: Standing
    why: str
    gates: Gates
    broken: tuple[str, ...] = ()
    promotion: Reason | None = None
    within_noise: bool = False
    withheld: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the change may be merged: the lock is fresh, no gate fails, and nothing is withheld."""
        return not self.stale and self.gates != "failed" and not self.withheld


def verdict(stages: Sequence[Stage], results: Results) -> Verdict:
    """Return the verdict; unknown if dvc.lock is stale, because its results are not those of the change."""
    due = [one.name for one in stages if one.standing == "to run"]
    standing: Standing
    standing, why = ("unknown", NOT_RUN) if EVALUATE in due else _standing(results)
    new = results.new
    broken = tuple(one.text for one in new.reasons if one.broken) if new and EVALUATE not in due else ()
    gates: Gates = "unknown" if new is None or EVALUATE in due else "passed" if new.gate and not broken else "failed"
    return Verdict(
        stale=bool(due),
        standing=standing,
        why=why,
        gates=gates,
        broken=broken,
        promotion=None if EVALUATE in due else results.promotion,
        within_noise=_noise(results) is not None,
        withheld=tuple(_withheld(stages, results)),
    )


def _withheld(stages: Sequence[Stage], results: Results) -> Iterator[str]:
    if results.old is not None and results.new is None:
        yield "the model's evaluation"
    names = ", ".join(one.name for one in stages if one.evades)
    if names:
        yield f"whether dvc.lock is up to date: {names}"


def _standing(results: Results) -> tuple[Standing, str]:
    if results.same:
        return "no difference", "both revisions have the same evaluation"
    if results.not_comparable:
        return "not comparable", results.not_comparable.reason
    found = results.comparison
    if found is None:
        return "unknown", "the results are not available" if results.left_out else "there is nothing to compare"
    gain = found.main_contest.gain
    by = f"{found.main_contest.title} {gain.value:+.4f}" if gain.value is not None else found.main_contest.title
    if gain.low is not None and gain.high is not None:
        by += f" ({gain.low:+.4f} to {gain.high:+.4f})"
    rows = f"on {found.rows:,} common rows"
    if found.verdict in ("better", "worse"):
        noise = _noise(results)
        return found.verdict, f"{by} {rows}" + (f"; another seed alone moves it by up to {noise:.4f}" if noise else "")
    return "no detectable difference", f"{by} {rows}"


def _noise(results: Results) -> float | None:
    """Return how far another seed moves the main metric, if that is at least as far as the change did; else None."""
    gain = results.comparison.main_contest.gain.value if results.comparison else None
    if gain is None or results.seed_noise is None or abs(gain) > results.seed_noise:
        return None
    return results.seed_noise
