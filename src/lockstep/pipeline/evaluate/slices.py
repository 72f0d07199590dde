"""The worst slices: groups of rows with the largest loss that were not declared as segments.

A shallow tree of the loss of validation rows finds them, and the test split measures them: the worst of many groups
looks bad by chance, so that it must look bad on other rows too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lockstep.artifacts.evaluation import WorstSlice
from lockstep.artifacts.predictions import Predictions
from lockstep.artifacts.schema import FeatureSchema
from lockstep.evaluation import segments
from lockstep.evaluation.segment_levels import base_rate
from lockstep.statistics import weighted
from lockstep.statistics.estimate import Estimate
from lockstep.statistics.resamples import Key, Resampled
from lockstep.statistics.weighted import Floats, Statistic

DEPTH = 3
SHOWN = 3
LEAST_SHARE = 0.05  # of the validation rows: smaller slices are mostly chance
MOST_LEVELS = 20  # of a category that the tree may split on
DIGITS = 6  # significant, of a bound


@dataclass(frozen=True)
class Bound:
    """A number is above a bound, or at most that."""

    column: str
    above: bool
    bound: float
    or_missing: bool

    def rows(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Return whether the condition holds for each row of a frame, (n,)."""
        values = frame[self.column]
        inside = values > self.bound if self.above else values <= self.bound
        return np.asarray(inside | (values.isna() & self.or_missing), dtype=bool)

    def __str__(self) -> str:
        """Return the condition as text."""
        words = f"{self.column} {'above' if self.above else 'at most'} {self.bound:g}"
        return f"{words} or missing" if self.or_missing else words


@dataclass(frozen=True)
class OfLevel:
    """A category is of a level, or of any other; None is missing."""

    column: str
    level: str | None
    other: bool

    def rows(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Return whether the condition holds for each row of a frame, (n,)."""
        values = frame[self.column]
        inside = values.isna() if self.level is None else (values == self.level).fillna(value=False)
        return np.asarray(inside, dtype=bool) ^ self.other

    def __str__(self) -> str:
        """Return the condition as text."""
        return f"{self.column} is {'not ' if self.other else ''}{'missing' if self.level is None else self.level}"


Condition = Bound | OfLevel
Rule = tuple[Condition, ...]
"""Conditions that all hold."""


def find(schema: FeatureSchema, valid: pd.DataFrame, predictions: Predictions, seed: int) -> list[Rule]:
    """Return the leaves of the tree with a loss above the mean, the largest first.

    Args:
        schema: of the features.
        valid: the validation split.
        predictions: of its rows.
        seed: breaks ties between equally good splits.
    """
    from sklearn.tree import DecisionTreeRegressor

    least = max(segments.LEAST_ROWS, int(LEAST_SHARE * len(valid)))
    splits = list(_splits(schema, valid, least))
    if len(valid) < 2 * least or not splits:
        return []
    loss = np.round(predictions.loss(), DIGITS)
    tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=least, random_state=seed)
    tree.fit(np.column_stack([split.answers for split in splits]), loss)
    leaves = [(float(tree.tree_.value[leaf].item()), rule) for leaf, rule in _leaves(tree.tree_, splits, 0, ())]
    worse = [(value, rule) for value, rule in leaves if rule and value > loss.mean()]
    return [rule for _, rule in sorted(worse, key=lambda one: (-one[0], str(one[1])))[:SHOWN]]


def prepare(predictions: Predictions, inside: Sequence[NDArray[np.bool_]]) -> dict[Key, Statistic]:
    """Return the mean loss inside and outside of every slice; `inside` are (n,) each."""
    loss = predictions.loss()
    return {
        ("slice", str(number), where): weighted.ratio(loss * chosen, chosen)
        for number, rows in enumerate(inside)
        for where, chosen in (("inside", rows), ("outside", ~rows))
    }


def result(
    rules: Sequence[Rule], inside: Sequence[NDArray[np.bool_]], predictions: Predictions, resampled: Resampled
) -> Iterator[WorstSlice]:
    """Yield each slice with its loss on the test split."""
    for number, (rule, rows) in enumerate(zip(rules, inside, strict=True)):
        within, outside = (("slice", str(number), where) for where in ("inside", "outside"))
        reason = segments.too_few(int(rows.sum()))
        yield WorstSlice(
            rule=tuple(map(str, rule)),
            rows=int(rows.sum()),
            base_rate=base_rate(predictions, rows),
            loss=Estimate(not_applicable=reason) if reason else resampled.estimate(within, "no rows"),
            excess=Estimate(not_applicable=reason) if reason else resampled.saving(outside, within),
        )


def rows_of(rule: Rule, frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return whether a rule holds for each row of a frame, (n,)."""
    return np.asarray(np.all([condition.rows(frame) for condition in rule], axis=0))


@dataclass(frozen=True)
class _Split:
    """A column of the tree's matrix: a number, or whether a category has a level; answers (n,)."""

    column: str
    answers: Floats
    number: bool = True
    level: str | None = None

    def condition(self, at_most: bool, bound: float, missing: bool) -> Condition:
        """Return the condition of rows up to a bound, or above it; with `missing`, missing values match too."""
        if self.number:
            gaps = missing and bool(np.isnan(self.answers).any())
            # Rounded: the rule is measured as it is shown, not as the tree has it.
            return Bound(self.column, not at_most, float(f"{bound:.{DIGITS}g}"), gaps)
        return OfLevel(self.column, self.level, other=at_most)


def _splits(schema: FeatureSchema, frame: pd.DataFrame, least: int) -> Iterator[_Split]:
    for name in schema.numbers:
        yield _Split(name, np.asarray(frame[name], dtype=np.float64))
    for name in schema.categories:
        counts = frame[name].value_counts()
        for level in sorted(counts[counts >= least].index[:MOST_LEVELS]):
            yield _Split(name, _flags(frame[name] == level), number=False, level=str(level))
        if frame[name].isna().sum() >= least:
            yield _Split(name, _flags(frame[name].isna()), number=False)
    for name in schema.texts:  # nearly every row has its own: only whether it is missing
        if frame[name].isna().sum() >= least:
            yield _Split(name, _flags(frame[name].isna()), number=False)


def _flags(condition: pd.Series) -> Floats:
    return np.asarray(condition.fillna(value=False), dtype=np.float64)


def _leaves(tree: Any, splits: Sequence[_Split], node: int, rule: Rule) -> Iterator[tuple[int, Rule]]:
    if tree.children_left[node] < 0:
        yield node, rule
        return
    split = splits[tree.feature[node]]
    bound, missing = float(tree.threshold[node]), bool(tree.missing_go_to_left[node])
    for child, at_most in ((tree.children_left[node], True), (tree.children_right[node], False)):
        condition = split.condition(at_most, bound, missing == at_most)
        yield from _leaves(tree, splits, int(child), _and(rule, condition))


def _and(rule: Rule, condition: Condition) -> Rule:
    """Add a condition from further down; it replaces a wider bound on the same side."""
    if not isinstance(condition, Bound):
        return (*rule, condition)
    wider = [
        one for one in rule if isinstance(one, Bound) and (one.column, one.above) == (condition.column, condition.above)
    ]
    gaps = condition.or_missing and all(one.or_missing for one in wider)
    return (*(one for one in rule if one not in wider), replace(condition, or_missing=gaps))
