"""From measurements to a verdict with its reasons: a pure function."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lockstep.core.errors import shorten
from lockstep.params.pipeline.drift import DriftSpec
from lockstep.pipeline.drift.comparison import Comparison

Status = Literal["stable", "drifted", "ignored", "not applicable"]
NAME_WIDTH = 80


@dataclass(frozen=True)
class Finding:
    """One test of a series: p-value, effect size, and least effect size."""

    what: str
    p_value: float
    effect: float
    least: float

    @property
    def counted_p_value(self) -> float:
        """The p-value, or 1 where the effect is too small to matter."""
        return self.p_value if self.effect >= self.least else 1.0

    def __str__(self) -> str:
        sign = "≥" if self.effect >= self.least else "<"
        return f"{self.what} {self.effect:.3g} {sign} {self.least:g} (p {self.p_value:.2g})"


@dataclass(frozen=True)
class Judgement:
    """The status of one series; the p-values are None where it was not judged."""

    name: str
    status: Status
    reason: str
    p_value: float | None = None
    p_adjusted: float | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether the current sample drifted; `applicable` is false where that could not be judged.

    The features' judgements stand in the order of their comparisons.
    """

    applicable: bool
    drift: bool
    reasons: tuple[str, ...]
    features: tuple[Judgement, ...]
    score: Judgement


def decide(features: Sequence[Comparison], score: Comparison, spec: DriftSpec) -> Verdict:
    """Judge all features and the score together.

    A series has one p-value: Bonferroni's over its tests, that of the values and that of the
    missing share. (Whether both tests are made depends only on the two samples together, not on
    which row is in which sample, so that the number of tests is not chosen by the data.) A test
    whose effect is less than `spec.min_effect` counts with p = 1: a larger p-value than its own is
    still a valid one, so the adjustment that follows controls the false discovery rate among
    exactly the series reported as drifted. Filtering afterwards would not.
    The score is one more test of the same family.
    """
    comparisons = [*features, score]
    findings = [_findings(comparison, spec) for comparison in comparisons]
    outside = [_outside(c, f, spec) for c, f in zip(comparisons, findings, strict=True)]
    family = [i for i, judgement in enumerate(outside) if judgement is None]
    adjusted = benjamini_hochberg(
        [_bonferroni(comparisons[i], [f.counted_p_value for f in findings[i]]) for i in family]
    )
    judged = {
        i: _judge(comparisons[i], findings[i], p_adjusted, spec) for i, p_adjusted in zip(family, adjusted, strict=True)
    }
    *of_features, of_score = (judgement or judged[i] for i, judgement in enumerate(outside))
    return _conclude(of_features, of_score, spec)


def not_applicable(features: Sequence[Comparison], score: Comparison, reason: str) -> Verdict:
    """Return the verdict if nothing can be judged, for one reason that applies to all series."""
    of_features = tuple(Judgement(c.series.name, "not applicable", c.series.outside or reason) for c in features)
    return Verdict(False, False, (reason,), of_features, Judgement(score.series.name, "not applicable", reason))


def _findings(comparison: Comparison, spec: DriftSpec) -> list[Finding]:
    """Return the tests that can be made; that of the values needs enough of them."""
    found = []
    if comparison.values_p_value is not None and comparison.fewest_values >= spec.min_rows:
        psi = comparison.measures["psi"].value
        found.append(Finding(f"PSI{comparison.series.measured}", comparison.values_p_value, psi, spec.min_effect.psi))
    if (change := comparison.missing) is not None:
        shares = f"{comparison.reference.missing_share:.1%} → {comparison.current.missing_share:.1%}"
        found.append(Finding(f"missing {shares}, PSI", change.p_value, change.psi, spec.min_effect.missing))
    return found


def _bonferroni(comparison: Comparison, p_values: Sequence[float]) -> float:
    tests = 1 if comparison.missing is None else 2  # also where the values were too few to be tested
    return min(1.0, tests * min(p_values))


def _outside(comparison: Comparison, findings: Sequence[Finding], spec: DriftSpec) -> Judgement | None:
    """Return the judgement of a series that takes no part in the family of tests."""
    name = comparison.series.name
    if comparison.series.outside is not None:
        return Judgement(name, "not applicable", comparison.series.outside)
    if name in spec.ignore:
        return Judgement(name, "ignored", "named in drift.ignore")
    for side, what in ((comparison.reference, "reference"), (comparison.current, "current")):
        if side.rows < spec.min_rows:
            return Judgement(name, "not applicable", f"{side.rows} {what} rows; drift.min_rows is {spec.min_rows}")
    if not findings:
        return Judgement(name, "not applicable", "no value on either side")
    return None


def _judge(comparison: Comparison, findings: Sequence[Finding], p_adjusted: float, spec: DriftSpec) -> Judgement:
    name = comparison.series.name
    p_value = _bonferroni(comparison, [finding.p_value for finding in findings])
    if p_adjusted <= spec.false_discovery_rate:
        carrying = [finding for finding in findings if finding.counted_p_value <= spec.false_discovery_rate]
        return Judgement(name, "drifted", "; ".join(map(str, carrying)), p_value, p_adjusted)
    if comparison.fewest_values < spec.min_rows:
        few = f"{comparison.fewest_values} values on one side; drift.min_rows is {spec.min_rows}"
        return Judgement(name, "not applicable", few, p_value, p_adjusted)
    return Judgement(name, "stable", "; ".join(map(str, findings)), p_value, p_adjusted)


def _conclude(features: Sequence[Judgement], score: Judgement, spec: DriftSpec) -> Verdict:
    drifted = [judgement for judgement in features if judgement.status == "drifted"]
    checked = len(drifted) + sum(judgement.status == "stable" for judgement in features)
    if checked == 0 and score.status not in ("stable", "drifted"):
        why = Counter(judgement.reason for judgement in [*features, score]).most_common(1)[0][0]
        return Verdict(False, False, (f"no feature could be judged: {why}",), tuple(features), score)
    many = len(drifted) > spec.max_drifted
    bound = f"{'more' if many else 'not more'} than drift.max_drifted = {spec.max_drifted}"
    reasons = [
        f"{len(drifted)} of {checked} features drifted, {bound}",
        *(f"{shorten(judgement.name, NAME_WIDTH)}: {judgement.reason}" for judgement in drifted),
        f"score {score.status}: {score.reason}",
    ]
    return Verdict(True, many or score.status == "drifted", tuple(reasons), tuple(features), score)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return adjusted p-values in the order given; reject those at most q to control the false discovery rate at q.

    Holds for independent tests and for positively dependent ones, as features of the same events
    with different windows are.
    Source: Benjamini and Hochberg (1995); Benjamini and Yekutieli (2001) for dependence.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * (p.size / np.arange(1, p.size + 1))  # the last factor is 1, so that nothing shrinks
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return [float(value) for value in adjusted]
