"""Cells: decile bins of numbers, levels of categories, and which of them are pooled."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.pipeline.drift.categories import CategoryPair
from lockstep.pipeline.drift.counts import LEAST_EXPECTED, Counts
from lockstep.pipeline.drift.numbers import NumberPair

cells = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=30)
values = st.lists(st.integers(-9, 9), min_size=1, max_size=80)


@given(reference=values, current=values)
@settings(max_examples=80, deadline=None)
def test_every_value_is_in_one_bin(reference: list[int], current: list[int]) -> None:
    counts = NumberPair.of(reference, current).counts
    assert (counts.reference.sum(), counts.current.sum()) == (len(reference), len(current))
    assert counts.reference.min() >= 0
    assert counts.current.min() >= 0


def test_bins_without_ties_are_deciles_of_the_reference() -> None:
    counts = NumberPair.of(np.arange(1000.0), np.arange(500.0)).counts
    assert counts.reference.tolist() == [100] * 10
    assert counts.current.tolist() == [100] * 5 + [0] * 5


def test_a_value_that_fills_a_decile_has_a_bin_of_its_own() -> None:
    reference = [0.0] * 70 + list(range(1, 31))
    counts = NumberPair.of(reference, [-1.0, 0.0, 0.5]).counts
    assert counts.reference[:2].tolist() == [0, 70]
    assert counts.current[:3].tolist() == [1, 1, 1]


@given(pairs=cells)
@settings(max_examples=200, deadline=None)
def test_pooling_loses_no_row_and_leaves_no_small_cell(pairs: list[tuple[int, int]]) -> None:
    reference, current = (np.array(side) for side in zip(*pairs, strict=True))
    pooled = Counts(reference, current).pooled()
    assert (pooled.reference.sum(), pooled.current.sum()) == (reference.sum(), current.sum())
    if pooled.reference.size > 1:
        totals = pooled.reference + pooled.current
        smaller = min(pooled.reference.sum(), pooled.current.sum())
        assert (totals * smaller / totals.sum()).min() >= LEAST_EXPECTED * (1 - 1e-12)


def test_identifiers_that_never_repeat_are_one_cell_and_no_drift() -> None:
    pair = CategoryPair.of([f"r{i}" for i in range(500)], [f"c{i}" for i in range(500)])
    assert pair.counts.reference.tolist() == [500]
    assert len(pair.unseen()) == 500


def test_frequent_levels_are_left_alone() -> None:
    pair = CategoryPair.of(["a"] * 60 + ["b"] * 40, ["a"] * 30 + ["c"] * 70)
    assert sorted(zip(pair.counts.reference.tolist(), pair.counts.current.tolist(), strict=True)) == [
        (0, 70),
        (40, 0),
        (60, 30),
    ]


def test_new_levels_come_most_frequent_first_and_then_by_name() -> None:
    pair = CategoryPair.of(["a"], ["z", "b", "c", "c", "a", None])
    assert [pair.levels[i] for i in pair.unseen()] == ["c", "b", "z"]


@pytest.mark.parametrize("sides", [([], []), ([None], [None]), (["a"], [])])
def test_columns_without_a_value_are_counted(sides: tuple[list, list]) -> None:
    pair = CategoryPair.of(*sides)
    assert not pair.comparable
    assert pair.missing == (sides[0].count(None), sides[1].count(None))


def test_infinite_values_count_as_missing() -> None:
    pair = NumberPair.of([1.0, np.inf, np.nan], [-np.inf])
    assert pair.missing == (2, 1)
    assert pair.reference.tolist() == [1.0]
