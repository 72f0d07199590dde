"""The main metric on the rows of each level of a segment."""

from collections.abc import Mapping, Sequence
from typing import Any

from lockstep.artifacts.evaluation import Level, Segment
from lockstep.artifacts.predictions import MODEL, Predictions
from lockstep.evaluation import segments
from lockstep.evaluation.segments import Group
from lockstep.statistics.estimate import Estimate
from lockstep.statistics.metric import Rule
from lockstep.statistics.resamples import Key, Resampled
from lockstep.statistics.weighted import Statistic, restrict

Groups = Mapping[str, Sequence[Group]]
"""Segment -> its levels."""


def key_of(column: str, number: int, predictor: str = MODEL) -> Key:
    """Return the key of a level's main metric among the resampled statistics."""
    return ("segment", predictor, column, str(number))


def prepare(predictions: Predictions, groups: Groups, rule: Rule, predictor: str = MODEL) -> dict[Key, Statistic]:
    """Return the main metric of one predictor on each shown level."""
    main = predictions.kind.main
    statistics = {}
    for column, levels in groups.items():
        for number, group in enumerate(levels[: segments.MOST_LEVELS]):
            label, values = predictions.label[group.rows], predictions.by[predictor][group.rows]
            statistics[key_of(column, number, predictor)] = restrict(main.prepare(label, values, rule), group.rows)
    return statistics


def result(column: str, levels: Sequence[Group], predictions: Predictions, resampled: Resampled) -> Segment:
    """Return the levels with their intervals, or the reason why there is none."""
    shown = levels[: segments.MOST_LEVELS]
    undefined = predictions.kind.main.undefined
    return Segment(
        column=column,
        omitted=len(levels) - len(shown),
        levels=tuple(
            Level(
                level=group.level,
                rows=len(group.rows),
                base_rate=base_rate(predictions, group.rows),
                score=_judged(group, resampled, key_of(column, number), undefined),
            )
            for number, group in enumerate(shown)
        ),
    )


def base_rate(predictions: Predictions, rows: Any = slice(None)) -> float | None:
    """Return the share of positives, or the mean label, of all rows or of some; None for more classes."""
    label = predictions.label[rows]
    return None if predictions.kind.mean_label is None or not len(label) else float(label.mean())


def _judged(group: Group, resampled: Resampled, key: Key, undefined: str) -> Estimate:
    reason = segments.too_few(len(group.rows))
    return Estimate(not_applicable=reason) if reason else resampled.estimate(key, undefined)
