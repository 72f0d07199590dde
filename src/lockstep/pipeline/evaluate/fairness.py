"""Fairness: do the groups of a sensitive column have the same rates of positive predictions?

Demographic parity compares selection rates, equal opportunity true positive rates, equalised odds true and false
positive rates (Hardt, Price and Srebro, 2016; names and definitions as in fairlearn). They cannot all hold if base
rates differ; which one matters is a decision for people.
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
from lockstep.statistics.resamples import Key, Resampled
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
"""Difference -> rates; the largest range among them counts."""


def prepare(predictions: Predictions, groups: Groups) -> dict[Key, Statistic]:
    """Return the three rates of every level with enough rows; nothing for tasks without threshold."""
    if not predictions.kind.has_threshold:
        return {}
    predicted, positive = predictions.model >= predictions.threshold(), predictions.label == 1
    statistics: dict[Key, Statistic] = {}
    for column, levels in groups.items():
        for number, group in _judged(levels):
            inside = np.zeros(len(predicted), dtype=bool)
            inside[group.rows] = True
            for rate, base in zip(RATES, (inside, inside & positive, inside & ~positive), strict=True):
                statistics[_key(column, number, rate)] = weighted.ratio(predicted & base, base)
    return statistics


def result(predictions: Predictions, groups: Groups, resampled: Resampled) -> Iterator[Fairness]:
    """Yield the rates of each sensitive column; nothing for tasks without threshold."""
    if not predictions.kind.has_threshold:
        return
    for column, levels in groups.items():
        judged = [number for number, _ in _judged(levels)]
        yield Fairness(
            column=column,
            levels=tuple(_treatment(column, number, group, resampled) for number, group in enumerate(levels)),
            differences={name: _difference(column, judged, rates, resampled) for name, rates in DIFFERENCES.items()},
        )


def _judged(levels: Sequence[Group]) -> list[tuple[int, Group]]:
    return [(number, group) for number, group in enumerate(levels) if not segments.too_few(len(group.rows))]


def _treatment(column: str, number: int, group: Group, resampled: Resampled) -> Treatment:
    reason = segments.too_few(len(group.rows))
    rates = {
        rate: Estimate(not_applicable=reason)
        if reason
        else resampled.estimate(_key(column, number, rate), UNDEFINED[rate].removesuffix(" in every group"))
        for rate in RATES
    }
    return Treatment(level=group.level, rows=len(group.rows), **rates)


def _difference(column: str, judged: Sequence[int], rates: Sequence[str], resampled: Resampled) -> Estimate:
    if len(judged) <= 1:
        return Estimate(not_applicable="fewer than two groups have enough rows")
    families = [[_key(column, number, rate) for number in judged] for rate in rates]
    return resampled.spread(families, UNDEFINED[rates[-1]])


def _key(column: str, number: int, rate: str) -> Key:
    return ("fairness", column, str(number), rate)
