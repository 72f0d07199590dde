"""A flat table: labels of three tasks, rows to predict, splits by hash."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from tests.unit.pipeline.features.directories import changed, make

ROWS = 200
TABLE = pa.table(
    {
        "id": [f"r{n:03d}" for n in range(ROWS)],
        "size": [float("nan") if n == 3 else n / 2 for n in range(ROWS)],
        "colour": [["red", "<script>", None][n % 3] for n in range(ROWS)],
        "smoker": [n % 2 == 0 for n in range(ROWS)],
        "group": [f"g{n // 4}" if n >= 8 else None for n in range(ROWS)],
        "text": [None if n % 20 == 0 else ["No", "Yes"][n % 2] for n in range(ROWS)],
        "truth": [None if n % 20 == 0 else n % 2 == 1 for n in range(ROWS)],
        "whole": pa.array([None if n % 20 == 0 else [2, 10, 9][n % 3] for n in range(ROWS)], pa.int64()),
        "zero_one": pa.array([None if n % 20 == 0 else n % 2 for n in range(ROWS)], pa.float64()),
        "price": pa.array([None if n % 20 == 0 else n * 1.5 for n in range(ROWS)], pa.float64()),
        "same": ["one"] * ROWS,
    }
)
FLAT: dict[str, Any] = {
    "seed": 1,
    "source": {"url": "unused", "tables": {"flat": {"kind": "flat", "key": "id"}}},
    "problem": {"name": "x", "task": "binary", "entity": "id", "label": {"column": "text", "positive": "Yes"}},
    "features": {"attributes": {"flat": ["size", "colour", "smoker"]}, "expressions": {"inverse": "1 / size"}},
    "split": {"by": "random", "valid": 0.2, "test": 0.2},
}


def labels(made: dict[str, pa.Table]) -> dict[str, float]:
    rows = [row for split in ("train", "valid", "test") for row in made[split].to_pylist()]
    return {row["id"]: row["label"] for row in rows}


def test_rows_without_a_label_are_the_current_snapshot(tmp_path: Path) -> None:
    made = make(tmp_path, {"flat": TABLE}, FLAT)
    assert made["current"]["id"].to_pylist() == [f"r{n:03d}" for n in range(0, ROWS, 20)]
    assert labels(made) == {f"r{n:03d}": float(n % 2) for n in range(ROWS) if n % 20}
    assert made["train"].column_names == ["id", "size", "colour", "smoker", "inverse", "label"]
    assert sum(made[name].num_rows for name in ("train", "valid", "test", "current")) == ROWS
    assert sorted(made["reference"]["id"].to_pylist()) == sorted(made["train"]["id"].to_pylist())
    everyone = {row["id"]: row for name in ("train", "valid", "test", "current") for row in made[name].to_pylist()}
    assert everyone["r000"]["inverse"] is None  # one by zero
    assert everyone["r003"]["size"] is None  # not a number
    assert everyone["r004"]["smoker"] == 1.0
    assert FeatureSchema.read(Workspace(tmp_path).features).cutoff is None


@pytest.mark.parametrize(
    ("column", "positive"),
    [("text", "Yes"), ("truth", True), ("truth", "true"), ("zero_one", 1), ("zero_one", "1"), ("zero_one", "1.0")],
)
def test_the_positive_value_is_found_whatever_type_it_has(column: str, positive: object, tmp_path: Path) -> None:
    made = make(tmp_path, {"flat": TABLE}, changed(FLAT, problem__label={"column": column, "positive": positive}))
    assert labels(made) == {f"r{n:03d}": float(n % 2) for n in range(ROWS) if n % 20}


def test_a_positive_value_that_does_not_occur_lists_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(LockstepError) as caught:
        make(tmp_path, {"flat": TABLE}, changed(FLAT, problem__label={"column": "text", "positive": True}))
    for expected in ("problem.label.positive: True", "'No', 'Yes'"):
        assert expected in str(caught.value)


def test_classes_are_in_the_order_of_the_columns_type(tmp_path: Path) -> None:
    made = make(
        tmp_path, {"flat": TABLE}, changed(FLAT, problem__task="multiclass", problem__label={"column": "whole"})
    )
    assert FeatureSchema.read(Workspace(tmp_path).features).classes == ("2", "9", "10")
    assert labels(made) == {f"r{n:03d}": float([0, 2, 1][n % 3]) for n in range(ROWS) if n % 20}


def test_a_regression_label_is_the_number_itself(tmp_path: Path) -> None:
    asked = changed(FLAT, problem__task="regression", problem__label={"column": "price"})
    assert labels(make(tmp_path, {"flat": TABLE}, asked)) == {f"r{n:03d}": n * 1.5 for n in range(ROWS) if n % 20}
    with pytest.raises(LockstepError, match="regression needs a number"):
        make(tmp_path, {"flat": TABLE}, changed(asked, problem__label={"column": "text"}))


def test_groups_stay_together_and_rows_without_one_stand_alone(tmp_path: Path) -> None:
    asked = changed(FLAT, split={"by": "group", "group": "group", "valid": 0.3, "test": 0.3})
    asked["features"]["attributes"]["flat"].append("group")
    made = make(tmp_path, {"flat": TABLE}, asked)
    splits = [set(made[name]["group"].to_pylist()) - {None} for name in ("train", "valid", "test")]
    assert all(splits)
    assert len(set.union(*splits)) == sum(map(len, splits))
    alone = {name for name in ("train", "valid", "test") if None in made[name]["group"].to_pylist()}
    assert len(alone) > 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"problem__label": {"column": "same", "positive": "one"}}, "train: all"),
        ({"problem__label": {"column": "txt", "positive": "one"}}, "did you mean 'text'?"),
        ({"problem__task": "multiclass", "problem__label": {"column": "same"}}, "multiclass label needs at least two"),
        ({"split": {"by": "random", "valid": 1e-9, "test": 0.2}}, "valid: no rows"),
        ({"split": {"by": "group", "group": "grup", "valid": 0.2, "test": 0.2}}, "did you mean 'group'?"),
    ],
)
def test_what_cannot_work_is_a_message(changes: dict[str, Any], expected: str, tmp_path: Path) -> None:
    with pytest.raises(LockstepError) as caught:
        make(tmp_path, {"flat": TABLE}, changed(FLAT, **changes))
    assert expected in str(caught.value)
    assert not Workspace(tmp_path).features.exists()


def test_new_rows_move_no_old_one(tmp_path: Path) -> None:
    before = make(tmp_path / "a", {"flat": TABLE.slice(0, 120)}, FLAT)
    after = make(tmp_path / "b", {"flat": TABLE}, FLAT)
    for name in ("train", "valid", "test"):
        assert set(before[name]["id"].to_pylist()) <= set(after[name]["id"].to_pylist())
