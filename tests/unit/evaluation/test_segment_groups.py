"""Levels of a segment: every row in exactly one, hostile names as they are."""

import numpy as np
import pandas as pd
import pytest

from lockstep.core.errors import LockstepError
from lockstep.evaluation import segments
from tests.unit.evaluation.samples import DROP, SCRIPT, make_frame, make_schema

SCHEMA = make_schema("binary")


@pytest.mark.parametrize("column", ["spend", "visits", "plan", SCRIPT])
def test_each_row_is_in_one_level(column: str) -> None:
    test, train = make_frame("binary", 300, 1), make_frame("binary", 500, 2)
    rows = np.concatenate([group.rows for group in segments.groups(SCHEMA, column, test, train)])
    assert sorted(rows) == list(range(300))


def test_levels_of_a_category_are_ordered_by_size_and_keep_their_names() -> None:
    test = make_frame("binary", 300, 1)
    found = segments.groups(SCHEMA, "plan", test, test)
    assert [group.level for group in found] == list(test["plan"].value_counts().index)
    assert DROP in [group.level for group in found]
    for group in found:
        assert (test["plan"].iloc[group.rows] == group.level).all()


def test_missing_is_a_level_of_its_own_and_not_a_text() -> None:
    test = pd.DataFrame({"plan": ["None", None, "nan", None], "spend": [1.0, np.nan, 2.0, 1.0]})
    found = {group.level: list(group.rows) for group in segments.groups(SCHEMA, "plan", test, test)}
    assert found == {None: [1, 3], "None": [0], "nan": [2]}
    found = {group.level: list(group.rows) for group in segments.groups(SCHEMA, "spend", test, test)}
    assert found == {"1": [0, 3], "2": [2], None: [1]}


def test_a_number_of_many_values_is_cut_at_the_quartiles_of_training() -> None:
    train = pd.DataFrame({"spend": np.arange(101.0)})
    test = pd.DataFrame({"spend": [-5.0, 25.0, 25.5, 60.0, 1e9]})
    found = {group.level: list(group.rows) for group in segments.groups(SCHEMA, "spend", test, train)}
    assert found == {"at most 25": [0, 1], "25 to 50": [2], "50 to 75": [3], "above 75": [4]}


def test_quartiles_that_coincide_make_fewer_levels() -> None:
    train = pd.DataFrame({"spend": [0.0] * 300 + list(np.arange(1.0, 31.0))})
    test = pd.DataFrame({"spend": [0.0, 3.0]})
    found = {group.level: list(group.rows) for group in segments.groups(SCHEMA, "spend", test, train)}
    assert found == {"at most 0": [0], "above 0": [1]}


def test_an_unknown_segment_is_an_error_that_names_the_nearest_feature() -> None:
    segments.check(SCHEMA, "evaluate.segments", ("plan", "spend"))
    with pytest.raises(LockstepError, match=r"no feature 'plam'; did you mean 'plan'\?"):
        segments.check(SCHEMA, "evaluate.segments", ("plan", "plam"))
