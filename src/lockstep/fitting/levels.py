"""Levels of categories: rare levels become one level, unknown levels become missing."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from lockstep.artifacts.inputs import MISSING

RARE = "(rare)"
"""The level that replaces all rare levels."""


class Levels(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Maps texts (n, q) to texts (n, q): a known level to itself or to `RARE`, any other to `MISSING`.

    Attributes:
        known_: for each column the levels of the rows that it was fitted on, sorted.
        kept_: for each column what each of these becomes.
    """

    def __init__(self, rare: int = 1, most: int | None = None) -> None:
        """Keep levels of at least `rare` rows, and of these at most the `most` most frequent."""
        self.rare, self.most = rare, most

    def fit(self, inputs: Any, label: Any = None) -> Self:  # noqa: ARG002 # scikit-learn's signature
        """Learn the levels of rows (n, q)."""
        columns = [pd.Series(column).value_counts() for column in np.asarray(inputs, dtype=object).T]
        self.known_ = [np.sort(counts.index.to_numpy(object)) for counts in columns]
        self.kept_ = [self._named(counts, known) for counts, known in zip(columns, self.known_, strict=True)]
        return self

    def transform(self, inputs: Any) -> npt.NDArray[np.object_]:
        """Return the mapped levels of rows (n, q)."""
        columns = np.asarray(inputs, dtype=object).T
        tables = (dict(zip(known, kept, strict=True)) for known, kept in zip(self.known_, self.kept_, strict=True))
        named = [pd.Series(column).map(table).fillna(MISSING) for column, table in zip(columns, tables, strict=True)]
        return np.column_stack([column.to_numpy(object) for column in named])

    def _named(self, counts: Any, known: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        # Missing stays a level of its own, however rare.
        frequent = {level for level, rows in counts.items() if rows >= self.rare or level == MISSING}
        if self.most is not None:
            frequent = set(sorted(frequent, key=lambda level: (-counts[level], level))[: self.most])
        return np.array([level if level in frequent else RARE for level in known], dtype=object)
