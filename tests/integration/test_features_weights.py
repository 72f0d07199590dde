"""Weights of rows: on the rows that they belong to, on no others, and all of them positive and finite."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from tests.integration.test_features_flat import FLAT, ROWS, TABLE
from tests.unit.pipeline.features.directories import SHOP, changed, make, shop_tables

SPLITS = ("train", "valid", "test")
WEIGHTED = changed(FLAT, problem__weight="worth")


def with_worth(values: list[Any], kind: pa.DataType) -> pa.Table:
    return TABLE.append_column("worth", pa.array(values, kind))


def test_a_weight_stands_beside_the_label_of_the_row_it_belongs_to(tmp_path: Path) -> None:
    """Rows to predict need none."""
    worth = [None if n % 20 == 0 else n + 1 for n in range(ROWS)]
    made = make(tmp_path / "a", {"flat": with_worth(worth, pa.int64())}, WEIGHTED)
    for split in SPLITS:
        assert made[split].column_names[-2:] == ["label", "weight"]
        assert made[split].schema.field("weight").type == pa.float64()
        for row in made[split].to_pylist():
            assert row["weight"] == int(row["id"][1:]) + 1
    for name in ("current", "reference"):
        assert not {"label", "weight"} & set(made[name].column_names)
    schema = FeatureSchema.read(Workspace(tmp_path / "a").features)
    assert schema.weighted
    assert "worth" not in schema.names
    plain = make(tmp_path / "b", {"flat": TABLE}, FLAT)
    assert not FeatureSchema.read(Workspace(tmp_path / "b").features).weighted
    assert {name: table.drop_columns(["weight"] * (name in SPLITS)) for name, table in made.items()} == plain


def test_every_snapshot_of_an_entity_has_its_weight(tmp_path: Path) -> None:
    tables = shop_tables()
    customers = tables["customers"]
    worth = [0.5 + n for n in range(customers.num_rows)]
    widened = tables | {"customers": customers.append_column("worth", pa.array(worth))}
    made = make(tmp_path / "a", widened, changed(SHOP, problem__weight="worth"))
    expected = dict(zip(customers["customer"].to_pylist(), worth, strict=True))
    for split in SPLITS:
        assert [row["weight"] for row in made[split].to_pylist()] == [
            expected[row["customer"]] for row in made[split].to_pylist()
        ]
    plain = make(tmp_path / "b", tables, SHOP)
    assert {name: table.drop_columns(["weight"] * (name in SPLITS)) for name, table in made.items()} == plain


def test_labelled_rows_without_a_weight_are_counted_by_what_they_have_instead(tmp_path: Path) -> None:
    bad = {1: None, 2: 0.0, 3: -1.0, 4: float("inf"), 5: float("nan"), 6: float("-inf"), 20: None}
    worth = [bad.get(n, 1.0) for n in range(ROWS)]
    with pytest.raises(LockstepError) as caught:
        make(tmp_path, {"flat": with_worth(worth, pa.float64())}, WEIGHTED)
    for expected in (
        "problem.weight: 6 of 190 labelled rows have no positive, finite weight in 'worth'",
        "missing: 2 rows", "zero: 1 rows", "negative: 2 rows", "infinite: 1 rows",
    ):  # fmt: skip
        assert expected in str(caught.value)
    assert not Workspace(tmp_path).features.exists()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"problem__weight": "siz"}, "problem.weight: flat has no column 'siz'; did you mean 'size'?"),
        ({"problem__weight": "colour"}, "problem.weight: expected a column of numbers; flat.colour is of text"),
        ({"problem__weight": "smoker"}, "problem.weight: expected a column of numbers; flat.smoker is of boolean"),
        ({"problem__weight": "id"}, "problem.weight: 'id' is the key of flat"),
        ({"problem__weight": "text"}, "weight: 'text' is the label column"),
        ({"problem__weight": "size"}, "features.attributes.flat.size: is the weight of rows (problem.weight)"),
    ],
)
def test_a_column_that_can_be_no_weight_is_one_message(changes: dict[str, Any], expected: str, tmp_path: Path) -> None:
    with pytest.raises(LockstepError) as caught:
        make(tmp_path, {"flat": TABLE}, changed(FLAT, **changes))
    assert expected in str(caught.value)


def test_events_alone_have_no_weights(tmp_path: Path) -> None:
    only = {name: spec for name, spec in SHOP["source"]["tables"].items() if name != "customers"}
    asked = changed(SHOP, source__tables=only, features__attributes={}, problem__weight="worth")
    tables = shop_tables()
    with pytest.raises(LockstepError, match="expected a table of kind entity or flat that has 'worth'; there is none"):
        make(tmp_path, {name: tables[name] for name in only}, asked)
