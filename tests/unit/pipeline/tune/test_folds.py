"""Folds of the search: no label of a training row is unknown at the validation cutoff, no entity on both sides."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.core.errors import LockstepError
from lockstep.pipeline.tune.folds import group_folds, time_folds


@given(
    st.lists(st.integers(0, 400), min_size=30, max_size=60),
    st.integers(1, 60),
    st.integers(2, 4),
)
def test_training_and_validation_cutoffs_are_an_embargo_apart(days: list[int], embargo: int, folds: int) -> None:
    cutoffs = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"))
    try:
        found = list(time_folds(cutoffs, folds, timedelta(days=embargo)))
    except LockstepError as error:
        assert "tune.folds" in str(error)
        return
    assert len(found) == folds
    for train, valid in found:
        assert len(train)
        assert cutoffs.iloc[valid].min() == cutoffs.iloc[valid].max()
        assert cutoffs.iloc[train].max() + timedelta(days=embargo) <= cutoffs.iloc[valid].min()


def test_too_few_cutoffs_say_what_to_change() -> None:
    cutoffs = pd.Series(pd.to_datetime(["2024-01-31", "2024-02-29", "2024-03-31"]))
    with pytest.raises(LockstepError, match=r"3 folds by time need .* there are 1 of 3") as error:
        list(time_folds(cutoffs, 3, timedelta(days=60)))
    assert "features.cutoffs.last" in str(error.value)


@given(st.lists(st.integers(0, 30), min_size=60, max_size=90), st.integers(0, 5))
def test_a_group_stands_on_one_side(groups: list[int], seed: int) -> None:
    column = pd.Series(groups)
    label = np.random.default_rng(seed).integers(0, 2, len(groups)).astype(float)
    if column.nunique() < 3:
        with pytest.raises(LockstepError, match="need as many training entities"):
            list(group_folds(column, label, 3, seed, stratify=False))
        return
    seen = []
    for train, valid in group_folds(column, label, 3, seed, stratify=False):
        assert not set(column.iloc[train]) & set(column.iloc[valid])
        seen += list(valid)
    assert sorted(seen) == list(range(len(groups)))


@pytest.mark.parametrize("rows_of_a_group", [1, 3])
def test_every_fold_has_the_classes_in_equal_shares(rows_of_a_group: int) -> None:
    groups = pd.Series(np.arange(900) // rows_of_a_group)
    label = (np.arange(900) // 3 % 10 == 0).astype(float)
    found = list(group_folds(groups, label, 3, 7, stratify=True))
    assert sorted(np.concatenate([valid for _, valid in found])) == list(range(900))
    for train, valid in found:
        assert not set(groups.iloc[train]) & set(groups.iloc[valid])
        assert label[valid].mean() == pytest.approx(0.1, abs=0.01)
