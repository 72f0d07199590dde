"""The result of a comparison of two models."""

from typing import Literal

from lockstep.artifacts.evaluation import Result
from lockstep.statistics.estimate import Estimate, Rounded

Verdict = Literal["better", "worse", "equivalent", "undecided"]
Standing = Literal["not worse", "worse", "unsure", "not judged"]


class NotComparable(Result):
    """Two models cannot be compared."""

    reason: str


class Contest(Result):
    """One metric of both models on the same rows."""

    name: str
    title: str
    first: Estimate
    second: Estimate
    gain: Estimate
    """Paired difference; above 0 the second is better, also for a metric where less is better."""


class PairedTest(Result):
    """A test of the hypothesis that both models are equally good."""

    name: str
    question: str
    p_value: Rounded = None
    found: str | None = None
    not_applicable: str | None = None


class PairedLevel(Result):
    """The main metric on one level of a segment."""

    level: str | None
    rows: int
    gain: Estimate
    standing: Standing


class PairedSegment(Result):
    """The levels of one segment."""

    column: str
    omitted: int
    levels: tuple[PairedLevel, ...]


class Comparison(Result):
    """The second model against the first, on the rows of both test splits."""

    task: str
    main: str
    rows: int
    entities: int
    own_rows: tuple[int, int]
    confidence: float
    resamples: int
    min_effect: float
    margin: float
    contests: tuple[Contest, ...]
    tests: tuple[PairedTest, ...]
    segments: tuple[PairedSegment, ...]
    verdict: Verdict
    reason: str

    @property
    def main_contest(self) -> Contest:
        """The contest by the main metric."""
        return next(contest for contest in self.contests if contest.name == self.main)
