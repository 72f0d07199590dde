"""What a scorer promises, whatever its features are made from: one suite for events, events alone, and a flat table."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lockstep.artifacts.bundle import Model
from lockstep.artifacts.definition import VERSION, Definition
from lockstep.artifacts.predictions import rounded
from lockstep.artifacts.schema import FeatureSchema
from lockstep.artifacts.scorer import Scorer
from lockstep.core.errors import LockstepError
from lockstep.core.files import sha256
from lockstep.core.workspace import Workspace
from lockstep.pipeline.features.entities import ProcessedTables, open_processed
from tests.integration.drift_workspace import write_model
from tests.unit.pipeline.features.directories import AS_OF, HOSTILE, SHOP, START, changed, make, shop_tables

NOBODY = "'; DROP TABLE customers; --"
SILENT = f"{HOSTILE} silent"


def shop() -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Return a shop in which one customer, whose name is hostile, has no event at all."""
    tables = shop_tables()
    silent = {"customer": SILENT, "signed_up_at": START, "plan": HOSTILE, "age": 30, "vip": True}
    added = pa.Table.from_pylist([silent], tables["customers"].schema)
    return {**tables, "customers": pa.concat_tables([tables["customers"], added])}, SHOP


def events_alone() -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Return the shop without a table of customers: they are known from their first event."""
    tables = shop_tables()
    document = changed(SHOP, features__attributes=None, source__tables__customers=None)
    return {name: tables[name] for name in ("orders", "visits")}, document


def flat() -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Return a flat table, every twentieth row without a label."""
    rows = 200
    rng = np.random.default_rng(4)
    table = pa.table(
        {
            "id": pa.array(range(rows), pa.int64()),
            HOSTILE: rng.normal(0, 1, rows),
            "colour": [["red", "<script>", None][n % 3] for n in range(rows)],
            "day": pa.array([datetime(2024, 1, 1) + n * timedelta(hours=7) for n in range(rows)], pa.timestamp("us")),
            "label of it": [None if n % 20 == 0 else int(rng.random() < 0.5) for n in range(rows)],
        }
    )
    document = {
        "seed": 1,
        "source": {"url": "unused", "tables": {"flat": {"kind": "flat", "key": "id"}}},
        "problem": {"name": "x", "task": "binary", "entity": "id", "label": {"column": "label of it", "positive": 1}},
        "features": {
            "attributes": {"flat": [HOSTILE, "colour", "day"]},
            "datetime": ["hour"],
            "expressions": {"twice": f"2 * `{HOSTILE}`"},
        },
        "split": {"by": "random", "valid": 0.2, "test": 0.2},
    }
    return {"flat": table}, document


WORLDS = {"shop": shop, "events alone": events_alone, "flat": flat}


@dataclass(frozen=True)
class World:
    """A project after its stage `features`, with a model."""

    workspace: Workspace
    scorer: Scorer
    source: ProcessedTables
    at: datetime | None

    @property
    def current(self) -> pd.DataFrame:
        """The rows to predict, as the stage built them."""
        return pd.read_parquet(self.workspace.features / "current.parquet").set_index(self.scorer.schema.key)


@pytest.fixture(scope="module", params=WORLDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    tables, document = WORLDS[request.param]()
    workspace = Workspace(tmp_path_factory.mktemp("project"))
    made = make(workspace.root, tables, document)
    definition = Definition.read(workspace.features)
    rows, valid = (made[split].to_pandas() for split in ("train", "valid"))
    write_model(workspace, FeatureSchema.read(workspace.features), rows, valid, definition.digest)
    decide(workspace, sha256(workspace.model / "signature.json"))
    scorer = Scorer.load(workspace.model, definition, workspace.evaluation)
    with open_processed(definition, workspace.processed, workspace.scratch) as source:
        yield World(workspace, scorer, source, None if request.param == "flat" else AS_OF)


def decide(workspace: Workspace, model: str) -> None:
    workspace.evaluation.mkdir(parents=True, exist_ok=True)
    decision = {"model": model, "threshold": 0.25, "rule": "cost", "costs": {"false_positive": 1.0}}
    (workspace.evaluation / "decision.json").write_text(json.dumps(decision))


def test_rows_and_their_entities_have_the_same_scores(world: World) -> None:
    current = world.current
    asked = list(reversed(current.index.tolist()))
    found = world.scorer.score_entities(world.source, asked, world.at)
    assert (list(found.entities), found.unknown) == (asked, ())
    np.testing.assert_array_equal(found.scores, world.scorer.score(current.loc[asked]))
    assert len(set(found.scores)) > 2


@pytest.mark.parametrize("count", [1, 7])
def test_the_features_of_a_few_are_those_of_the_full_build_to_the_last_bit(world: World, count: int) -> None:
    names = list(world.scorer.schema.names)
    chosen = world.current.sample(count, random_state=count)
    found = world.source.features(chosen.index.tolist(), world.at).set_index("entity").loc[chosen.index]
    pd.testing.assert_frame_equal(found[names], chosen[names], check_exact=True, check_names=False)


def test_an_unknown_entity_is_reported_and_has_no_score(world: World) -> None:
    stranger = 10**15 if world.at is None else NOBODY
    known = world.current.index[0]
    found = world.scorer.score_entities(world.source, [stranger, known, stranger, known], world.at)
    assert (found.entities, found.unknown, len(found.scores)) == ((known,), (stranger,), 1)
    nobody = world.scorer.score_entities(world.source, [], world.at)
    assert (nobody.entities, nobody.unknown, len(nobody.scores)) == ((), (), 0)


def test_an_entity_without_events_is_known_only_from_a_table_of_entities(world: World) -> None:
    if world.at is None:
        pytest.skip("a flat table has no events")
    found = world.scorer.score_entities(world.source, [SILENT], world.at)
    if "customers" not in world.source.paths:  # an entity is known from its first event
        assert (found.entities, found.unknown) == ((), (SILENT,))
        return
    (row,) = world.source.features([SILENT], world.at).to_dict("records")
    assert (row["orders_count_60d"], row["plan"], found.entities) == (0.0, HOSTILE, (SILENT,))
    assert np.isnan(row["orders_recency"])


def test_before_its_first_instant_an_entity_is_unknown(world: World) -> None:
    if world.at is None:
        pytest.skip("a flat table has no cutoff")
    someone = world.current.index[0]
    found = world.scorer.score_entities(world.source, [someone], START - timedelta(days=1))
    assert (found.entities, found.unknown) == ((), (someone,))


def test_features_at_an_instant_that_the_tables_do_not_reach_are_refused(world: World) -> None:
    wrong = START if world.at is None else AS_OF + timedelta(days=1)
    expected = "a flat table has no cutoff" if world.at is None else "is after source.as_of"
    with pytest.raises(LockstepError, match=expected):
        world.source.features([world.current.index[0]], wrong)
    if world.at is not None:
        with pytest.raises(LockstepError, match="events need a cutoff"):
            world.source.features([world.current.index[0]], None)


def test_a_key_of_another_type_is_refused(world: World) -> None:
    with pytest.raises(LockstepError, match="entity: expected keys of type"):
        world.source.features(["1" if world.at is None else 1], world.at)


def test_a_definition_survives_its_file_byte_by_byte(world: World, tmp_path: Path) -> None:
    assert world.scorer.definition is not None
    world.scorer.definition.write(tmp_path)
    written = world.workspace.features / "definition.json"
    assert (tmp_path / "definition.json").read_bytes() == written.read_bytes()
    assert sha256(written) == world.scorer.definition.digest
    assert world.scorer.definition.features == world.scorer.schema.features


def test_a_definition_of_a_newer_version_is_refused(world: World, tmp_path: Path) -> None:
    newer = json.loads((world.workspace.features / "definition.json").read_text()) | {"version": VERSION + 1, "more": 1}
    (tmp_path / "definition.json").write_text(json.dumps(newer))
    with pytest.raises(
        LockstepError, match=f"version {VERSION + 1} of a feature definition; .*reads version {VERSION}"
    ):
        Definition.read(tmp_path)


def test_only_the_models_own_definition_is_taken(world: World) -> None:
    definition = world.scorer.definition
    assert definition is not None
    other = definition.model_copy(update={"decimals": 2})
    with pytest.raises(LockstepError, match="features of another definition: expected SHA-256"):
        Scorer.load(world.workspace.model, other)
    with pytest.raises(LockstepError, match="the source computes other features"):
        world.scorer.score_entities(replace(world.source, definition=other), [], world.at)
    with pytest.raises(LockstepError, match="the scorer has no feature definition"):
        Scorer.load(world.workspace.model).score_entities(world.source, [], world.at)


def test_the_threshold_is_that_of_the_same_model(world: World, tmp_path: Path) -> None:
    np.testing.assert_array_equal(world.scorer.positive(np.array([0.2, 0.25, 0.3])), [False, True, True])
    with pytest.raises(LockstepError, match="no threshold"):
        Scorer.load(world.workspace.model).positive(np.array([0.5]))
    copy = Workspace(tmp_path)
    decide(copy, "0" * 64)
    with pytest.raises(LockstepError, match=r"decision\.json: the decision belongs to another model"):
        Scorer.load(world.workspace.model, evaluation=copy.evaluation)
    (copy.evaluation / "decision.json").write_text("null")
    assert Scorer.load(world.workspace.model, evaluation=copy.evaluation).threshold is None


def test_a_score_is_the_models_prediction_as_files_have_it(world: World) -> None:
    frame = world.current
    expected = rounded("binary", Model.load(world.workspace.model).predict(frame))
    np.testing.assert_array_equal(world.scorer.score(frame), expected)


def test_a_damaged_model_is_refused(world: World, tmp_path: Path) -> None:
    copy = shutil.copytree(world.workspace.model, tmp_path / "model")
    graph = copy / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:-1] + b"x")
    with pytest.raises(LockstepError, match=r"model\.onnx: damaged"):
        Scorer.load(copy)


def test_tables_of_other_types_are_refused(world: World) -> None:
    definition = world.scorer.definition
    assert definition is not None
    name, table = next((n, t) for n, t in definition.tables.items() if len(t.columns) > 2 or t.kind == "event")
    changed_ = table.model_copy(update={"columns": {**table.columns, "gone": "int64"}})
    other = definition.model_copy(update={"tables": {**definition.tables, name: changed_}})
    with (
        pytest.raises(LockstepError, match="the columns differ from those of the feature definition") as caught,
        open_processed(other, world.workspace.processed, world.workspace.scratch),
    ):
        pass
    assert f"{name}.gone: expected int64; there is no such column" in str(caught.value)
