"""Fairness: are groups of people called, and called rightly, at the same rates?

Demographic parity compares the shares called, equal opportunity the shares of the positives called, equalised odds also
those of the negatives (Hardt, Price and Srebro, 2016; names and definitions as in fairlearn). They cannot all hold at
once where base rates differ: which one matters is not for a program to say.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from lockstep.artifacts.evaluation import Fairness, Treatment
from lockstep.artifacts.predictions import Predictions
from lockstep.evaluation import segments
from lockstep.evaluation.segment_levels import Groups
from lockstep.evaluation.segments import Group
from lockstep.statistics import weighted
from lockstep.statistics.estimate import Estimate
from lockstep.statistics.resamples import Asked, Draws
from lockstep.statistics.weighted import Statistic

RATES = ("selection", "true_positive", "false_positive")
UNDEFINED = {
    "selection": "no rows",
    "true_positive": "needs a positive row in every group",
    "false_positive": "needs a negative row in every group",
}
DIFFERENCES = {
    "demographic parity": ("selection",),
    "equal opportunity": ("true_positive",),
    "equalised odds": ("true_positive", "false_positive"),
}
"""Difference -> the rates of which the largest spread counts."""


def prepare(predictions: Predictions, groups: Groups) -> dict[Asked, Statistic]:
    """Return the three rates of every level that is large enough; nothing for other tasks than two classes."""
    if not predictions.kind.has_threshold:
        return {}
    called, positive = predictions.model >= predictions.threshold(), predictions.label == 1
    statistics_: dict[Asked, Statistic] = {}
    for column, levels in groups.items():
        for number, group in _judged(levels):
            inside = np.zeros(len(called), dtype=bool)
            inside[group.rows] = True
            for rate, base in zip(RATES, (inside, inside & positive, inside & ~positive), strict=True):
                statistics_[_asked(column, number, rate)] = weighted.ratio(called & base, base)
    return statistics_


def result(predictions: Predictions, groups: Groups, draws: Draws) -> Iterator[Fairness]:
    """Yield the treatment of the levels of each sensitive column; nothing for other tasks than two classes."""
    if not predictions.kind.has_threshold:
        return
    for column, levels in groups.items():
        judged = [number for number, _ in _judged(levels)]
        yield Fairness(
            column=column,
            levels=tuple(_treatment(column, number, group, draws) for number, group in enumerate(levels)),
            differences={name: _difference(column, judged, rates, draws) for name, rates in DIFFERENCES.items()},
        )


def _judged(levels: Sequence[Group]) -> list[tuple[int, Group]]:
    return [(number, group) for number, group in enumerate(levels) if not segments.too_few(len(group.rows))]


def _treatment(column: str, number: int, group: Group, draws: Draws) -> Treatment:
    reason = segments.too_few(len(group.rows))
    rates = {
        rate: Estimate(not_applicable=reason)
        if reason
        else draws.estimate(_asked(column, number, rate), UNDEFINED[rate].removesuffix(" in every group"))
        for rate in RATES
    }
    return Treatment(level=group.level, rows=len(group.rows), **rates)


def _difference(column: str, judged: Sequence[int], rates: Sequence[str], draws: Draws) -> Estimate:
    if len(judged) <= 1:
        return Estimate(not_applicable="fewer than two groups have enough rows")
    asked = [[_asked(column, number, rate) for number in judged] for rate in rates]
    return draws.spread(asked, UNDEFINED[rates[-1]])


def _asked(column: str, number: int, rate: str) -> Asked:
    return ("fairness", column, str(number), rate)
