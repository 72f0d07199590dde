"""The stage on a small shop: what it writes, that no future leaks into it, that the same bytes come out."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError
from lockstep.core.manifest import Manifest
from lockstep.core.workspace import Workspace
from tests.unit.pipeline.features.directories import (
    AS_OF,
    HOSTILE,
    SHOP,
    START,
    changed,
    inputs_of,
    make,
    shop_tables,
    write_processed,
)

DAY = timedelta(days=1)
SPLITS = ("train", "valid", "test")


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    return shop_tables()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="module")
def made(root: Path, tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    return make(root, tables, SHOP)


def test_the_files_are_those_of_the_architecture(root: Path, made: dict[str, pa.Table]) -> None:
    directory = Workspace(root).features
    names = {*SPLITS, "current", "reference"}
    assert {p.name for p in directory.iterdir()} == {
        *(f"{n}.parquet" for n in names),
        "definition.json",
        "schema.json",
        "manifest.json",
    }
    schema, manifest = FeatureSchema.read(directory), Manifest.read(directory)
    assert manifest.as_of == AS_OF
    assert set(manifest.tables) == names
    for name, table in made.items():
        label = ["label"] if name in SPLITS else []
        assert table.column_names == ["customer", "cutoff", *schema.names, *label], name
        assert manifest.tables[name].rows == table.num_rows > 0
        for column in schema.numbers:
            assert table.schema.field(column).type == pa.float64()
            assert not pc.any(pc.is_nan(table[column])).as_py(), (name, column)
        assert schema.categories == ("plan",)
        assert table.schema.field("plan").type == pa.string()
        assert manifest.path(directory, name).is_file()
        order = list(zip(table["cutoff"].to_pylist(), table["customer"].to_pylist(), strict=True))
        assert order == sorted(set(order)), name
    assert set(made["current"]["cutoff"].to_pylist()) == {AS_OF}


def test_the_reference_is_one_training_row_per_entity(made: dict[str, pa.Table]) -> None:
    reference = made["reference"].to_pylist()
    train = made["train"].drop_columns(["label"]).to_pylist()
    assert len({row["customer"] for row in reference}) == len(reference)
    assert all(row in train for row in reference)
    assert len({row["cutoff"] for row in reference}) > 1


def test_the_reference_does_not_favour_entities_with_few_rows(made: dict[str, pa.Table]) -> None:
    """A row has the same chance whoever it belongs to: today's snapshot holds each entity once, too."""
    train, reference = made["train"].to_pylist(), made["reference"].to_pylist()
    rows = Counter(row["customer"] for row in train)
    expected = len(train) / len({row["cutoff"] for row in train})
    assert abs(len(reference) - expected) < 4 * expected**0.5
    mean = sum(rows[row["customer"]] for row in train) / len(train)
    spread = sum((rows[row["customer"]] - mean) ** 2 for row in train) / len(train)
    found = sum(rows[row["customer"]] for row in reference) / len(reference)
    assert abs(found - mean) < 4 * (spread / len(reference)) ** 0.5


def test_labels_and_eligibility_equal_a_loop(tables: dict[str, pa.Table], made: dict[str, pa.Table]) -> None:
    ordered: dict[str, list[datetime]] = {}
    for order in tables["orders"].to_pylist():
        ordered.setdefault(order["customer"], []).append(order["at"])
    since = {row["customer"]: row["signed_up_at"] for row in tables["customers"].to_pylist()}
    for split in (*SPLITS, "current"):
        for cutoff in sorted(set(made[split]["cutoff"].to_pylist())):
            rows = {r["customer"]: r for r in made[split].to_pylist() if r["cutoff"] == cutoff}
            expected = {
                who
                for who, times in ordered.items()
                if since[who] < cutoff and any(cutoff - 90 * DAY <= at < cutoff for at in times)
            }
            assert set(rows) == expected
            for who, row in rows.items() if split != "current" else ():
                assert row["label"] == float(not any(cutoff <= at < cutoff + 30 * DAY for at in ordered[who]))
                assert row["tenure"] == (cutoff - since[who]) / DAY


def test_a_time_that_was_still_to_come_was_not_known(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    """Who left in November had not left in August, whatever the table of customers says today."""
    customers = tables["customers"]
    left = [START + n * 4 * DAY for n in range(customers.num_rows)]
    column = pa.array(left, pa.timestamp("us"))
    asked = changed(SHOP, features__attributes={"customers": ["left_at", "tenure"]})
    made = make(tmp_path, tables | {"customers": customers.append_column("left_at", column)}, asked)
    when = dict(zip(customers["customer"].to_pylist(), left, strict=True))
    rows = [row for split in SPLITS for row in made[split].to_pylist()]
    for row in rows:
        known = when[row["customer"]] < row["cutoff"]
        assert row["left_at"] == ((row["cutoff"] - when[row["customer"]]) / DAY if known else None)
    assert {row["left_at"] is None for row in rows} == {True, False}


def before(tables: dict[str, pa.Table], cutoff: datetime) -> dict[str, pa.Table]:
    """Return the tables without the events at or after a cutoff."""
    return {n: t if n == "customers" else t.filter(pc.less(t["at"], cutoff)) for n, t in tables.items()}


def later(tables: dict[str, pa.Table], cutoff: datetime) -> dict[str, pa.Table]:
    """Return the tables with what happens at or after a cutoff put off, and made different."""
    moved = {"customers": tables["customers"]}
    for name in ("orders", "visits"):
        rows = tables[name].to_pylist()
        for row in rows:
            if row["at"] >= cutoff:
                row["at"] += timedelta(days=3, hours=5)
                row.update({HOSTILE: 1e6} if name == "orders" else {})
        moved[name] = pa.Table.from_pylist(rows, tables[name].schema)
    return moved


@pytest.mark.parametrize("change", [before, later])
def test_no_feature_changes_when_the_future_is_deleted_or_put_off(
    change: object, tables: dict[str, pa.Table], made: dict[str, pa.Table], tmp_path: Path
) -> None:
    """All that happens from a cutoff on is taken away or moved: what is known at that cutoff stays to the bit."""
    cutoff = made["test"]["cutoff"][0].as_py()
    # Read as the current snapshot of that day, through the same definition.
    asked = changed(SHOP, source__as_of=cutoff, features__cutoffs={"every": "1mo", "last": 5})
    found = make(tmp_path, change(tables, cutoff), asked)["current"]  # type: ignore[operator]
    assert found.equals(made["test"].drop_columns(["label"]))


def test_nothing_at_or_after_as_of_matters(
    tables: dict[str, pa.Table], made: dict[str, pa.Table], tmp_path: Path
) -> None:
    assert make(tmp_path, before(tables, AS_OF), SHOP) == made


def test_training_snapshots_and_the_current_one_are_one_definition(
    tables: dict[str, pa.Table], made: dict[str, pa.Table], tmp_path: Path
) -> None:
    """A snapshot does not depend on which others are taken beside it, nor on more windows."""
    fewer = changed(SHOP, features__cutoffs={"every": "1mo", "last": 4}, features__windows=["7d", "60d", "45d"])
    found = make(tmp_path, tables, fewer)
    for name in ("test", "current"):
        assert found[name].select(made[name].column_names).equals(made[name])


def digests(directory: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(directory.iterdir())}


@pytest.mark.parametrize(
    "environment",
    [
        {"LOCKSTEP_THREADS": "1", "TZ": "Pacific/Apia", "PYTHONHASHSEED": "1"},
        {"LOCKSTEP_THREADS": "2", "TZ": "America/St_Johns", "PYTHONHASHSEED": "2", "LC_ALL": "tr_TR.UTF-8"},
    ],
)
def test_the_bytes_depend_on_neither_threads_zone_locale_hash_seed_nor_path(
    environment: dict[str, str], root: Path, made: dict[str, pa.Table], tables: dict[str, pa.Table], tmp_path: Path
) -> None:
    assert made
    elsewhere = tmp_path / "a path [with] ' odd * signs"
    write_processed(elsewhere, tables)
    document = json.dumps(SHOP, default=str)
    code = (
        "import json, sys; from pathlib import Path; from tests.unit.pipeline.features.directories import inputs_of\n"
        "from lockstep.core.progress import Progress; from lockstep.pipeline.features import stage as features\n"
        "from lockstep.core.workspace import Workspace\n"
        "features.run(inputs_of(json.loads(sys.argv[1])), Workspace(Path(sys.argv[2])), Progress('features'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, document, str(elsewhere)],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert digests(Workspace(elsewhere).features) == digests(Workspace(root).features)


def test_the_stage_loads_no_library_that_it_does_not_need(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    write_processed(tmp_path, tables)
    code = (
        "import json, sys; from pathlib import Path; from lockstep.core.spec import parse\n"
        "from lockstep.core.progress import Progress; from lockstep.pipeline.features import stage as features\n"
        "from lockstep.core.workspace import Workspace\n"
        "assert not {'duckdb', 'ibis', 'pyarrow'} & set(sys.modules)\n"
        "inputs = parse(features.Inputs, json.loads(sys.argv[1]), Path('p'))\n"
        "features.run(inputs, Workspace(Path(sys.argv[2])), Progress('features'))\n"
        "print({'pandas', 'sklearn', 'pandera', 'sqlalchemy', 'scipy'} & set(sys.modules) or 'none')"
    )
    command = [sys.executable, "-c", code, json.dumps(SHOP, default=str), str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "none"


def test_a_damaged_table_stops_the_stage_and_leaves_the_last_outputs(
    tmp_path: Path, tables: dict[str, pa.Table]
) -> None:
    from lockstep.core.progress import Progress
    from lockstep.pipeline.features import stage as features

    make(tmp_path, tables, SHOP)
    workspace = Workspace(tmp_path)
    kept = digests(workspace.features)
    path = workspace.processed / "orders.parquet"
    path.write_bytes(path.read_bytes()[:-9] + b"x" + path.read_bytes()[-8:])
    with pytest.raises(LockstepError, match="damaged"):
        features.run(inputs_of(SHOP), workspace, Progress("features"))
    assert digests(workspace.features) == kept


FAULTS = {
    "too early": ({"source__as_of": START + 50 * DAY}, ["too early", "first event", "cutoffs would fit"]),
    "before all": ({"source__as_of": START - DAY}, ["too early", "0 cutoffs would fit"]),
    "embargo": ({"split__embargo": "200d"}, ["embargo of 200d", "leave none to train on"]),
    "horizon": (
        {"problem__label": {"event": "visits", "measure": "absent", "horizon": "320d"}, "problem__eligible": None},
        ["too early"],
    ),
    "type": (
        {"features__aggregates": {"orders": {"category": ["sum"], "nothing": ["count"], "at": ["mean"]}}},
        ["3 faults", "orders.category: sum needs a column of number; it is text", "orders.nothing", "mean needs"],
    ),
    "expression": ({"features__expressions": {"x": "orders_cont_7d / 2"}}, ["did you mean 'orders_count_7d'?"]),
    "taken": ({"features__expressions": {"PLAN": "age"}}, ["'PLAN' is already the name of the feature 'plan'"]),
    "reserved": ({"features__expressions": {"cutoff": "age"}}, ["'cutoff' is already the name of the cutoff"]),
    "attribute": (
        {"features__attributes": {"customers": ["plna", "customer"]}},
        ["2 faults", "did you mean 'plan'?", "is the key"],
    ),
    "group": (
        {"split": {"by": "group", "group": "pln", "valid": 0.2, "test": 0.2}},
        ["split.group", "did you mean 'plan'?"],
    ),
    "nobody": ({"problem__eligible": {"event": "orders", "within": "1m"}}, ["empty snapshots", "no entity at 2024-"]),
    "too exact": (
        {"features__decimals": 9, "features__aggregates": {"orders": {"order": ["count"], "huge": ["sum"]}}},
        ["orders.huge", "features.decimals = 9"],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_work_is_one_message_and_writes_nothing(
    fault: str, tmp_path: Path, tables: dict[str, pa.Table]
) -> None:
    changes, expected = FAULTS[fault]
    if "huge" in str(changes):
        orders = tables["orders"]
        huge = pa.array([1e300] * orders.num_rows, pa.float64())
        tables = tables | {"orders": orders.append_column("huge", huge)}
        changes = changes | {"features__expressions": {}}
    elif "features__aggregates" in changes or "features__attributes" in changes:
        changes = changes | {"features__expressions": {}}
    with pytest.raises(LockstepError) as caught:
        make(tmp_path, tables, changed(SHOP, **changes))
    for text in expected:
        assert text in str(caught.value)
    assert not Workspace(tmp_path).features.exists()


def test_a_label_of_one_class_names_the_split(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    nobody_leaves = changed(SHOP, problem__label={"event": "orders", "measure": "absent", "horizon": "30d"})
    orders = tables["orders"]
    silent = orders.filter(pc.less(orders["at"], datetime(2024, 11, 1)))
    visits = tables["visits"]
    with pytest.raises(LockstepError) as caught:
        make(tmp_path, tables | {"orders": silent, "visits": visits}, nobody_leaves)
    assert "test: all" in str(caught.value)
    assert "have the label 1" in str(caught.value)
    assert "problem.label.horizon" in str(caught.value)


def test_a_current_snapshot_of_nobody_is_a_message(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    orders = tables["orders"]
    ended = tables | {"orders": orders.filter(pc.less(orders["at"], AS_OF - 20 * DAY))}
    asked = changed(SHOP, problem__eligible={"event": "orders", "within": "19d"})
    with pytest.raises(LockstepError, match=f"no entity at {AS_OF}"):
        make(tmp_path, ended, asked)


def test_without_an_entity_table_an_entity_is_known_from_its_first_event(
    tmp_path: Path, tables: dict[str, pa.Table]
) -> None:
    only = {name: spec for name, spec in SHOP["source"]["tables"].items() if name != "customers"}
    document = changed(
        SHOP, source__tables=only, features__attributes={}, problem__eligible=None,
        problem__label={"event": "orders", "measure": "present", "horizon": "30d"},
    )  # fmt: skip
    made = make(tmp_path, {name: tables[name] for name in only}, document)
    first: dict[str, datetime] = {}
    for row in (*tables["orders"].to_pylist(), *tables["visits"].to_pylist()):
        first[row["customer"]] = min(first.get(row["customer"], row["at"]), row["at"])
    for cutoff in set(made["train"]["cutoff"].to_pylist()):
        who = {r["customer"] for r in made["train"].to_pylist() if r["cutoff"] == cutoff}
        assert who == {name for name, at in first.items() if at < cutoff}


@pytest.mark.parametrize("by", ["random", "group"])
def test_an_entity_or_group_never_straddles_splits(by: str, tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    split = {"by": by, "valid": 0.25, "test": 0.25} | ({"group": "age"} if by == "group" else {})
    made = make(tmp_path, tables, changed(SHOP, split=split))
    unit = "age" if by == "group" else "customer"
    seen = [{v for v in made[name][unit].to_pylist() if v is not None} for name in SPLITS]
    assert all(seen)
    assert not (seen[0] & seen[1])
    assert not (seen[1] & seen[2])
    assert not (seen[0] & seen[2])


def test_a_regression_label_adds_up_exactly_what_the_horizon_holds(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    label = {"event": "orders", "measure": "sum", "column": HOSTILE, "horizon": "30d"}
    made = make(tmp_path, tables, changed(SHOP, problem__task="regression", problem__label=label))
    orders = tables["orders"].to_pylist()
    for row in made["test"].to_pylist():
        window = (row["cutoff"], row["cutoff"] + 30 * DAY)
        mine = [o for o in orders if o["customer"] == row["customer"] and window[0] <= o["at"] < window[1]]
        assert row["label"] == pytest.approx(sum(o[HOSTILE] for o in mine if o[HOSTILE] is not None), abs=1e-9)


def test_a_reference_cut_to_size_still_holds_every_training_cutoff(
    tmp_path: Path, tables: dict[str, pa.Table], made: dict[str, pa.Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lockstep.pipeline.features.write.MOST_REFERENCE_ROWS", made["reference"].num_rows // 2)
    reference = make(tmp_path, tables, SHOP)["reference"]
    assert reference.num_rows == made["reference"].num_rows // 2
    assert set(reference["cutoff"].to_pylist()) == set(made["train"]["cutoff"].to_pylist())
    assert set(reference["customer"].to_pylist()) < set(made["reference"]["customer"].to_pylist())
