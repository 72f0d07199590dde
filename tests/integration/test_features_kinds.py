"""What attributes are taken for, from Parquet to the files: truths, levels, words and times."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.pipeline.features.calendar import point
from tests.integration.test_features_flat import FLAT, ROWS, TABLE
from tests.unit.pipeline.features.directories import SHOP, START, changed, make, shop_tables

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
EPOCH = datetime(1970, 1, 1)
NAMES = ("train", "valid", "test", "current")
AT = [EPOCH + (n * 97 - 5000) * DAY + n * HOUR + timedelta(microseconds=n) for n in range(ROWS)]
TIMES = [None if n % 9 == 0 else at for n, at in enumerate(AT)]
WIDE = (
    TABLE.append_column("postcode", pa.array([None if n == 7 else 1000.0 + n % 5 for n in range(ROWS)], pa.float64()))
    .append_column("postcode_whole", pa.array([1000 + n % 5 for n in range(ROWS)], pa.int64()))
    .append_column("step", pa.array([[0.1, -0.0, 1e20, float("inf")][n % 4] for n in range(ROWS)], pa.float64()))
    .append_column("note", pa.array([None if n % 10 == 3 else f"asked about parcel {n} <b>" for n in range(ROWS)]))
    .append_column("joined", pa.array(TIMES, pa.timestamp("us")))
)


def of_flat(tmp_path: Path, table: pa.Table = WIDE, **changes: Any) -> dict[str, dict[str, Any]]:
    """Return the rows of all files by key."""
    made = make(tmp_path, {"flat": table}, changed(FLAT, features__expressions={}, **changes))
    return {row["id"]: row for name in NAMES for row in made[name].to_pylist()}


def kinds(root: Path) -> dict[str, str]:
    return {feature.name: feature.kind for feature in FeatureSchema.read(Workspace(root).features).features}


def test_a_truth_is_a_boolean_and_0_or_1_in_the_file(tmp_path: Path) -> None:
    asked = {"flat": ["smoker", "truth", "size"]}
    rows = of_flat(
        tmp_path,
        features__attributes=asked,
        problem__label={"column": "zero_one", "positive": 1},
    )
    assert kinds(tmp_path) == {"smoker": "boolean", "truth": "boolean", "size": "number"}
    for n in range(ROWS):
        row = rows[f"r{n:03d}"]
        assert row["smoker"] == float(n % 2 == 0)
        assert row["truth"] == (None if n % 20 == 0 else float(n % 2))


def test_numbers_and_truths_declared_categories_are_texts_that_gaps_do_not_change(tmp_path: Path) -> None:
    """A column of whole numbers that has a gap is read as floats: its levels stay what they were."""
    asked = ["postcode", "postcode_whole", "step", "smoker"]
    rows = of_flat(tmp_path, features__attributes={"flat": asked}, features__kinds=dict.fromkeys(asked, "category"))
    assert set(kinds(tmp_path).values()) == {"category"}
    for n in range(ROWS):
        row = rows[f"r{n:03d}"]
        assert row["postcode"] == (None if n == 7 else f"{1000 + n % 5}")
        assert row["postcode_whole"] == f"{1000 + n % 5}"
        assert row["step"] == ["0.1", "0", "1e+20", None][n % 4]
        assert row["smoker"] == str(n % 2 == 0).lower()


def test_free_text_is_seen_and_a_declaration_overrules_it(tmp_path: Path) -> None:
    asked = {"flat": ["note", "colour"]}
    seen = of_flat(tmp_path / "a", features__attributes=asked)
    assert kinds(tmp_path / "a") == {"note": "text", "colour": "category"}
    told = of_flat(tmp_path / "b", features__attributes=asked, features__kinds={"note": "category", "colour": "text"})
    assert kinds(tmp_path / "b") == {"note": "category", "colour": "text"}
    assert seen == told  # the kind is said in the schema alone
    assert seen["r001"]["note"] == "asked about parcel 1 <b>"


def test_words_are_judged_by_training_rows_alone(tmp_path: Path) -> None:
    """The same column is words where training rows hold sentences, and levels where only the others do."""
    asked = {"flat": ["note", "size"]}
    make(tmp_path / "first", {"flat": WIDE}, changed(FLAT, features__attributes=asked, features__expressions={}))
    features = Workspace(tmp_path / "first").features
    import pyarrow.parquet as pq

    trained = set(pq.read_table(features / "train.parquet")["id"].to_pylist())
    levels = [None if key in trained else f"asked about parcel {key}" for key in WIDE["id"].to_pylist()]
    words = [f"asked about parcel {key}" if key in trained else "yes" for key in WIDE["id"].to_pylist()]
    place = WIDE.column_names.index("note")
    for name, values, expected in (("levels", levels, "category"), ("words", words, "text")):
        of_flat(tmp_path / name, WIDE.set_column(place, "note", pa.array(values)), features__attributes=asked)
        assert kinds(tmp_path / name)["note"] == expected


def test_a_time_of_a_flat_table_is_days_since_1970_and_points_of_its_parts(tmp_path: Path) -> None:
    rows = of_flat(tmp_path, features__attributes={"flat": ["joined"]}, features__datetime=["month", "weekday", "hour"])
    assert len(kinds(tmp_path)) == 7
    for n, at in enumerate(TIMES):
        row = rows[f"r{n:03d}"]
        places = {} if at is None else {"month": at.month - 1, "weekday": at.weekday(), "hour": at.hour}
        assert row["joined"] == (None if at is None else (at - EPOCH) / timedelta(microseconds=1) / 86_400_000_000)
        for part in ("month", "weekday", "hour"):
            for wave in ("sin", "cos"):
                assert row[f"joined_{part}_{wave}"] == (None if at is None else point(part, places[part], wave))


def test_no_part_of_a_time_is_known_at_or_after_its_instant(tmp_path: Path) -> None:
    """Who leaves at the cutoff itself has not left: neither the days nor the month of it are there."""
    tables = shop_tables()
    first = make(tmp_path / "first", tables, SHOP)
    cutoffs = sorted({at for name in NAMES for at in first[name]["cutoff"].to_pylist()})
    customers = tables["customers"]
    step = timedelta(microseconds=1)
    left = [cutoffs[n % len(cutoffs)] + (n % 5 - 2) // 2 * step for n in range(customers.num_rows)]
    widened = customers.append_column("left_at", pa.array(left, pa.timestamp("us")))
    asked = changed(
        SHOP,
        features__attributes={"customers": ["left_at", "tenure"]},
        features__datetime=["hour"],
        features__expressions={},
    )
    made = make(tmp_path / "second", tables | {"customers": widened}, asked)
    assert [f for f in kinds(tmp_path / "second") if "tenure" in f] == ["tenure"]
    when = dict(zip(customers["customer"].to_pylist(), left, strict=True))
    seen = set()
    for row in (row for name in NAMES for row in made[name].to_pylist()):
        at = when[row["customer"]]
        known = at < row["cutoff"]
        assert row["left_at"] == ((row["cutoff"] - at) / DAY if known else None)
        assert row["left_at_hour_sin"] == (point("hour", at.hour, "sin") if known else None)
        assert row["left_at_hour_cos"] == (point("hour", at.hour, "cos") if known else None)
        seen.add((known, at == row["cutoff"]))
    assert seen == {(True, False), (False, True), (False, False)}
    assert cutoffs[0] > START


def test_what_customers_say_is_text_however_many_snapshots_repeat_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = shop_tables()
    customers = tables["customers"]
    notes = pa.array([f"likes {n} of them" for n in range(customers.num_rows)])
    widened = tables | {"customers": customers.append_column("note", notes)}
    asked = changed(SHOP, features__attributes={"customers": ["note", "plan", "vip"]})
    make(tmp_path, widened, asked)
    found = kinds(tmp_path)
    assert (found["note"], found["plan"], found["vip"]) == ("text", "category", "boolean")
    assert "recognised as free text: note (features.kinds)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"features__kinds": {"size": "text"}}, "features.kinds.size: a column of number cannot be a text"),
        ({"features__kinds": {"colour": "number"}}, "features.kinds.colour: a column of text cannot be a number"),
        ({"features__kinds": {"colur": "text"}}, "features.kinds.colur: no attribute 'colur'; did you mean 'colour'?"),
        ({"features__kinds": {"size": "words"}}, "features.kinds.size: expected 'category', 'text' or 'number'"),
        ({"features__datetime": ["year"]}, "features.datetime.0: expected 'month', 'weekday' or 'hour'"),
        ({"features__kinds": {"size": "category"}}, "'size' is a category or a text, not a number"),
    ],
)
def test_what_cannot_be_is_one_message(changes: dict[str, Any], expected: str, tmp_path: Path) -> None:
    with pytest.raises(LockstepError) as caught:
        make(tmp_path, {"flat": TABLE}, changed(FLAT, **changes))
    assert expected in str(caught.value)
    assert not Workspace(tmp_path).features.exists()
