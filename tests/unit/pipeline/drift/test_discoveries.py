"""Benjamini-Hochberg: against SciPy, and its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from lockstep.pipeline.drift.verdict import benjamini_hochberg

p_values = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=30)


@given(p=p_values)
def test_it_is_scipys(p: list[float]) -> None:
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p).tolist(), rel=1e-12)


@given(p=p_values, seed=st.integers(0, 50))
def test_the_order_of_the_tests_is_nothing(p: list[float], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(p))
    adjusted = benjamini_hochberg(p)
    assert benjamini_hochberg([p[i] for i in order]) == [adjusted[i] for i in order]


@given(p=p_values)
def test_adjusting_never_lowers_a_p_value(p: list[float]) -> None:
    assert all(after >= before for before, after in zip(p, benjamini_hochberg(p), strict=True))


def test_a_single_test_needs_no_adjustment() -> None:
    assert benjamini_hochberg([0.03]) == [0.03]


def test_no_tests_give_no_p_values() -> None:
    assert benjamini_hochberg([]) == []


def test_the_example_of_the_paper() -> None:
    """Benjamini and Hochberg (1995), section 3.2: four of fifteen are rejected at 0.05."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528]
    assert sum(q <= 0.05 for q in benjamini_hochberg([*p, 0.7590, 1.0])) == 4
