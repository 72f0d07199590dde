"""Champion and challenger are judged on the same rows, none of which the champion has learnt from, or not at all."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from lockstep.artifacts.bundle import Model
from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.manifest import Manifest, describe
from lockstep.core.workspace import Workspace
from lockstep.decisions.comparison import Comparison, Side, compare
from lockstep.params.evaluate import EvaluateSpec
from lockstep.params.problem import ProblemSpec
from lockstep.params.split import SplitSpec
from tests.integration.drift_workspace import prepare, write_model

SPEC = EvaluateSpec(bootstrap=100, confidence=0.95)
MONTH = timedelta(days=30)
BY_TIME = SplitSpec(by="time", valid=1, test=2, embargo=MONTH)
BY_HASH = SplitSpec(by="random", valid=0.2, test=0.2)


def asked(**label: Any) -> ProblemSpec:
    whole = {"event": "orders", "measure": "absent", "horizon": MONTH} | label
    return ProblemSpec.model_validate({"name": "churn", "task": "binary", "entity": "id", "label": whole})


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Learnt from cutoffs up to 1 March, tested on 1 April and 1 May."""
    made = prepare(tmp_path_factory.mktemp("made"))
    spans_known(made)
    return made


@pytest.fixture(scope="module")
def other_model(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learnt the opposite from the same rows."""
    other = Workspace(tmp_path_factory.mktemp("other"))
    rows, valid = (pd.read_parquet(workspace.features / f"{name}.parquet") for name in ("train", "valid"))
    flipped = (frame.assign(label=1 - frame["label"]) for frame in (rows, valid))
    write_model(other, FeatureSchema.read(workspace.features), *flipped)
    return other.model


def spans_known(workspace: Workspace) -> None:
    """Say in the manifest of which cutoffs the rows are, as the stage `features` does."""
    manifest = Manifest.read(workspace.features)
    tables = {name: describe(workspace.features / entry.file, "cutoff") for name, entry in manifest.tables.items()}
    manifest.model_copy(update={"tables": tables}).write(workspace.features)


def side(workspace: Workspace, **changes: Any) -> Side:
    return replace(Side(workspace.model, workspace.features, BY_TIME, 7, asked()), **changes)


def test_both_are_scored_on_the_challengers_test_rows(workspace: Workspace, other_model: Path) -> None:
    found = compare(side(workspace, model=other_model), side(workspace), SPEC)
    assert isinstance(found, Comparison)
    test = pd.read_parquet(workspace.features / "test.parquet")
    new, old = (roc_auc_score(test["label"], Model.load(m).predict(test)) for m in (workspace.model, other_model))
    assert (found.metric, found.rows) == ("roc_auc", len(test))
    np.testing.assert_allclose(
        [found.challenger.value, found.champion.value, found.gain.value], [new, old, new - old], atol=2e-6
    )
    assert found.gain.low <= found.gain.value <= found.gain.high


def test_against_itself_nothing_is_gained_in_any_draw(workspace: Workspace) -> None:
    found = compare(side(workspace), side(workspace), SPEC)
    assert isinstance(found, Comparison)
    assert (found.gain.low, found.gain.value, found.gain.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"split": BY_TIME.model_copy(update={"embargo": timedelta(days=32)})}, "within the embargo of 32d"),
        ({"split": BY_TIME.model_copy(update={"embargo": None}), "problem": asked(horizon=timedelta(days=31))}, None),
        (
            {"split": BY_TIME.model_copy(update={"embargo": None}), "problem": asked(horizon=timedelta(days=32))},
            "within the embargo of 32d",
        ),
    ],
)
def test_rows_whose_labels_the_champion_has_seen_are_no_test(
    workspace: Workspace, changes: dict[str, Any], reason: str | None
) -> None:
    """31 days lie between the last cutoff it learnt from and the first one of the test; a label may look further."""
    found = compare(side(workspace, **changes), side(workspace, **changes), SPEC)
    assert isinstance(found, Comparison) if reason is None else str(found).endswith(reason)


def test_rows_that_the_champion_was_trained_on_are_no_test(workspace: Workspace, tmp_path: Path) -> None:
    later = prepare(tmp_path)
    manifest = Manifest.read(workspace.features)
    moved = manifest.tables | {"valid": manifest.tables["test"]}  # a champion of a month later
    manifest.model_copy(update={"tables": moved}).write(later.features)
    assert compare(side(later), side(workspace), SPEC) == (
        "the champion was trained on cutoffs up to 2025-05-01, the test split begins at 2025-04-01"
    )


def test_where_it_is_not_known_from_when_the_rows_are_nothing_is_compared(workspace: Workspace, tmp_path: Path) -> None:
    undated = prepare(tmp_path)
    assert "it is not known" in str(compare(side(undated), side(workspace), SPEC))


@pytest.mark.parametrize(
    ("champion", "compared"),
    [
        ({}, True),
        ({"seed": 8}, False),
        ({"split": SplitSpec(by="random", valid=0.2, test=0.3)}, False),
        ({"split": BY_TIME}, False),
    ],
)
def test_a_split_by_hash_must_be_the_same_one(workspace: Workspace, champion: dict[str, Any], compared: bool) -> None:
    found = compare(side(workspace, **({"split": BY_HASH} | champion)), side(workspace, split=BY_HASH), SPEC)
    assert isinstance(found, Comparison) is compared
    assert compared or "the split changed" in str(found)


@pytest.mark.parametrize(
    "problem",
    [asked(horizon=timedelta(days=60)), asked(event="sessions"), asked().model_copy(update={"entity": "account"})],
)
def test_another_question_has_other_answers(workspace: Workspace, problem: ProblemSpec) -> None:
    assert "another question" in str(compare(side(workspace), side(workspace, problem=problem), SPEC))


def test_who_is_asked_about_may_change(workspace: Workspace) -> None:
    problem = asked().model_copy(update={"name": "churn of regulars"})
    assert isinstance(compare(side(workspace), side(workspace, problem=problem), SPEC), Comparison)


def test_features_that_the_champion_lacks_are_named(workspace: Workspace, tmp_path: Path) -> None:
    fewer = prepare(tmp_path)
    spans_known(fewer)
    schema = FeatureSchema.read(fewer.features)
    schema.model_copy(update={"features": schema.features[1:]}).write(fewer.features)
    found = compare(side(workspace), side(fewer), SPEC)
    assert found == "the champion cannot read the new features: feature 'spend': missing"


def test_no_rows_are_no_test(workspace: Workspace, tmp_path: Path) -> None:
    empty = prepare(tmp_path)
    test = pd.read_parquet(empty.features / "test.parquet")
    test.iloc[:0].to_parquet(empty.features / "test.parquet", index=False)
    manifest = Manifest.read(empty.features)
    entry = describe(empty.features / "test.parquet")
    manifest.model_copy(update={"tables": manifest.tables | {"test": entry}}).write(empty.features)
    by_hash = {"split": BY_HASH}
    assert compare(side(workspace, **by_hash), side(empty, **by_hash), SPEC) == "the test split has no rows"
