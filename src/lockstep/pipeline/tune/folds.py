"""Folds of the training split for the search: ordered by time where the split is."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.core.errors import LockstepError

Rows = npt.NDArray[np.intp]


def time_folds(cutoffs: pd.Series, folds: int, embargo: timedelta) -> Iterator[tuple[Rows, Rows]]:
    """Yield `folds` pairs (train, valid): one of the last cutoffs, and all cutoffs an embargo before it to train on.

    A label of a training row is then known at the cutoff of the validation rows.

    Raises:
        LockstepError: the training split has too few cutoffs.
    """
    known = np.sort(cutoffs.unique())
    usable = [cutoff for cutoff in known if (known <= cutoff - np.timedelta64(embargo)).any()]
    if len(usable) < folds:
        raise LockstepError(
            f"tune.folds: {folds} folds by time need {folds} training cutoffs with an earlier one an embargo "
            f"({embargo.days} days) before; there are {len(usable)} of {len(known)}",
            ["lower tune.folds, or raise features.cutoffs.last"],
        )
    for cutoff in usable[-folds:]:
        yield (
            np.flatnonzero(cutoffs <= cutoff - np.timedelta64(embargo)),
            np.flatnonzero(cutoffs == cutoff),
        )


def group_folds(
    groups: pd.Series, label: npt.NDArray[np.float64], folds: int, seed: int, *, stratify: bool
) -> Iterator[tuple[Rows, Rows]]:
    """Yield `folds` pairs (train, valid) in which no group is on both sides; stratified for classes.

    Raises:
        LockstepError: there are fewer groups than folds.
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, StratifiedKFold

    entities = groups.nunique()
    if entities < folds:
        raise LockstepError(f"tune.folds: {folds} folds need as many training entities; there are {entities}")
    if stratify and entities == len(groups):
        # Equivalent folds; with groups, scikit-learn assigns groups one by one: a minute for 700,000.
        yield from StratifiedKFold(folds, shuffle=True, random_state=seed).split(groups, label)
        return
    kind = StratifiedGroupKFold if stratify else GroupKFold
    yield from kind(folds, shuffle=True, random_state=seed).split(groups, label, groups)
