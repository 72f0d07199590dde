"""The model's output as a series, and the rows it is compared on."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from lockstep.pipeline.drift.measurement import reference_rows, score_series

CUTOFFS = [dt.datetime(2025, 4, 30), dt.datetime(2025, 5, 31), dt.datetime(2025, 5, 31)]


def test_a_probability_or_a_number_is_compared_as_it_is() -> None:
    scores = np.array([0.1, 0.9])
    series, values = score_series(scores, None)
    assert (series.name, series.kind) == ("score", "number")
    assert values is scores


def test_of_several_classes_the_most_probable_one_is_compared() -> None:
    series, values = score_series(np.array([[0.2, 0.7, 0.1], [0.5, 0.2, 0.3]]), ("<a>", "b", "c"))
    assert (series.name, series.kind) == ("score", "category")
    assert values.to_pylist() == ["b", "<a>"]


def test_the_reference_of_scores_is_the_newest_snapshot() -> None:
    test = pa.table({"id": [1, 1, 2], "cutoff": CUTOFFS})
    assert reference_rows(test, "cutoff").column("id").to_pylist() == [1, 2]


@pytest.mark.parametrize("cutoff", ["cutoff", None])
def test_a_test_split_without_rows_has_none(cutoff: str | None) -> None:
    test = pa.table({"id": [1], "cutoff": CUTOFFS[:1]}).slice(0, 0)
    assert reference_rows(test, cutoff).num_rows == 0


def test_a_flat_table_has_all_its_test_rows() -> None:
    assert reference_rows(pa.table({"id": [1, 2]}), None).num_rows == 2
