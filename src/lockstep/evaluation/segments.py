"""Segments: rows with the same level of a feature."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lockstep.artifacts.schema import CUTOFF, FeatureSchema
from lockstep.core.errors import LockstepError, closest
from lockstep.statistics.estimate import DECIMALS

LEAST_ROWS = 30  # percentile intervals of fewer rows are unreliable
MOST_LEVELS = 20  # per column, to stay readable
QUARTERS = [0.25, 0.5, 0.75]


@dataclass(frozen=True)
class Group:
    """The rows of one level; None is missing."""

    level: str | None
    rows: NDArray[np.intp]


def check(schema: FeatureSchema, key: str, columns: tuple[str, ...]) -> None:
    """Check that every column that a key of params.yaml names is a categorical or numeric feature.

    Raises:
        LockstepError: with one line for each that is not.
    """
    unknown = [name for name in columns if name not in schema.names]
    if unknown:
        lines = [f"{key}: no feature {name!r}{closest(name, schema.names)}" for name in unknown]
        raise LockstepError(f"params.yaml: {len(unknown)} of {key} are not features", lines)
    texts = [name for name in columns if name in schema.texts]
    if texts:
        lines = [f"{key}: {name!r} is text; declare features.kinds.{name}: category if rows share it" for name in texts]
        raise LockstepError(f"params.yaml: {len(texts)} of {key} have no levels", lines)


def groups(schema: FeatureSchema, column: str, test: pd.DataFrame, train: pd.DataFrame) -> list[Group]:
    """Return the rows of `test` by level: the largest first for a category, ascending for a number.

    A number with many different values is cut at the quartiles of `train`.
    """
    if column in schema.categories:
        return by_level(test[column].to_numpy(object))
    return _by_level(_cut(test[column], train[column]))


def by_age(test: pd.DataFrame, train: pd.DataFrame) -> list[Group]:
    """Return the rows of each test cutoff, the earliest first, named by the days since training.

    They show how fast a model gets worse with age. Nothing for fewer than two cutoffs.
    """
    if CUTOFF not in test or len(test[CUTOFF].unique()) <= 1:
        return []
    learnt = train[CUTOFF].max()
    return [
        Group(f"{cutoff:%Y-%m-%d}, {(cutoff - learnt).days} days on", np.flatnonzero(test[CUTOFF] == cutoff))
        for cutoff in sorted(test[CUTOFF].unique())
    ]


def levels(found: Sequence[Group], rows: int) -> NDArray[Any]:
    """Return the level of each row as text, None if it is missing, (rows,)."""
    values = np.full(rows, None, dtype=object)
    for group in found:
        values[group.rows] = group.level
    return values


def by_level(values: NDArray[Any]) -> list[Group]:
    """Return the rows of each level of `levels`, the largest first."""
    named = pd.Series(values, dtype=object)
    found = _by_level(named.where(named.notna(), None))
    return sorted(found, key=lambda group: (-len(group.rows), group.level is None, group.level or ""))


def too_few(rows: int) -> str | None:
    """Return the reason why a level has too few rows, or None."""
    return f"{rows} rows; at least {LEAST_ROWS} are needed" if rows < LEAST_ROWS else None


def _by_level(levels: pd.Series) -> list[Group]:
    missing = levels.isna().to_numpy()
    # Ordered by value, categories of `_cut` by their order.
    found = [Group(str(level), np.flatnonzero(levels == level)) for level in levels[~missing].sort_values().unique()]
    return found + ([Group(None, np.flatnonzero(missing))] if missing.any() else [])


def _cut(values: pd.Series, reference: pd.Series) -> pd.Series:
    if reference.nunique() <= MOST_LEVELS:
        return values.map(_text, na_action="ignore").astype(_ordered(values))
    inner = np.unique(reference.quantile(QUARTERS).round(DECIMALS))
    labels = [f"at most {_text(inner[0])}"]
    labels += [f"{_text(low)} to {_text(high)}" for low, high in itertools.pairwise(inner)]
    labels += [f"above {_text(inner[-1])}"]
    return pd.cut(values, [-np.inf, *inner, np.inf], labels=labels)


def _ordered(values: pd.Series) -> pd.CategoricalDtype:
    return pd.CategoricalDtype([_text(value) for value in np.sort(values.dropna().unique())], ordered=True)


def _text(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
