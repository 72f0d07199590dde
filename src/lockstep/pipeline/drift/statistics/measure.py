"""The result of a statistic."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A statistic's value."""

    value: float


@dataclass(frozen=True)
class Significance(Measure):
    """A statistic's value, and the probability of one at least as large without drift."""

    p_value: float
