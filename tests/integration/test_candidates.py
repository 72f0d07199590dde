"""Champion and challenger are compared on the same rows, none of which the champion was trained on, or not at all."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from lockstep.artifacts import predictions
from lockstep.artifacts.bundle import Model
from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.manifest import Manifest, describe
from lockstep.core.workspace import Workspace
from lockstep.decisions.gather.candidates import Candidate, Files, compare
from lockstep.decisions.paired.result import Comparison, NotComparable
from lockstep.decisions.paired.rows import Scored
from lockstep.decisions.rules import Design, Rules
from lockstep.params.pipeline.evaluate import EvaluateSpec
from tests.integration.drift_workspace import prepare, write_model

RULES = Rules(seed=7, evaluate=EvaluateSpec(bootstrap=100))
MONTH = timedelta(days=30)
BY_TIME = {"by": "time", "valid": 1, "test": 2, "embargo": MONTH}
BY_HASH = {"by": "random", "valid": 0.2, "test": 0.2}
LABEL = {"event": "orders", "measure": "absent", "horizon": MONTH}
PROBLEM = {"name": "churn", "task": "binary", "entity": "id", "label": LABEL}


def design(split: dict[str, Any] = BY_TIME, seed: int = 7) -> Design:
    return Design.model_validate({"seed": seed, "problem": PROBLEM, "split": split})


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Trained on cutoffs up to 1 March, tested on 1 April and 1 May."""
    made = prepare(tmp_path_factory.mktemp("made"))
    write_spans(made)
    return made


@pytest.fixture(scope="module")
def opposite(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was trained on the same rows with labels turned."""
    other = Workspace(tmp_path_factory.mktemp("other"))
    rows, valid = (pd.read_parquet(workspace.features / f"{name}.parquet") for name in ("train", "valid"))
    flipped = (frame.assign(label=1 - frame["label"]) for frame in (rows, valid))
    write_model(other, FeatureSchema.read(workspace.features), *flipped)
    return other.model


def write_spans(workspace: Workspace) -> None:
    """Write the span of cutoffs to the manifest, as the stage `features` does."""
    manifest = Manifest.read(workspace.features)
    tables = {name: describe(workspace.features / entry.file, "cutoff") for name, entry in manifest.tables.items()}
    manifest.model_copy(update={"tables": tables}).write(workspace.features)


def candidate(name: str, of: Workspace, model: Path | None = None, **changes: Any) -> Candidate:
    files = Files(model or of.model, of.features)
    return Candidate(name, design(**changes), lambda: files)


def pinned(one: Candidate) -> Candidate:
    """Return a candidate with predictions of its own test split, as the stage `evaluate` pins them."""
    files = one.files()
    schema, test = FeatureSchema.read(files.features), pd.read_parquet(files.features / "test.parquet")
    found = predictions.collect(schema, test, {predictions.MODEL: Model.load(files.model).predict(test)})
    return replace(one, pinned=Scored(predictions.to_frame(schema, found), "binary", 0.5))


def test_both_are_run_on_the_challengers_test_rows(workspace: Workspace, opposite: Path) -> None:
    found = compare(candidate("champion", workspace, opposite), candidate("challenger", workspace), RULES)
    assert isinstance(found, Comparison)
    test = pd.read_parquet(workspace.features / "test.parquet")
    new, old = (roc_auc_score(test["label"], Model.load(m).predict(test)) for m in (workspace.model, opposite))
    main = found.main_contest
    assert (found.main, found.rows) == ("roc_auc", len(test))
    np.testing.assert_allclose([main.second.value, main.first.value, main.gain.value], [new, old, new - old], atol=2e-6)


def test_pinned_predictions_of_all_rows_give_the_same_numbers_and_run_no_model(
    workspace: Workspace, opposite: Path
) -> None:
    champion, challenger = candidate("champion", workspace, opposite), candidate("challenger", workspace)
    ready = [replace(pinned(one), files=_never) for one in (champion, challenger)]
    run, read = compare(champion, challenger, RULES), compare(ready[0], ready[1], RULES)
    assert isinstance(run, Comparison)
    assert isinstance(read, Comparison)
    assert [one.gain for one in run.contests] == [one.gain for one in read.contests]


def _never() -> Files:
    raise AssertionError("a model is run")


def test_a_model_against_itself_has_no_gain_in_any_resample(workspace: Workspace) -> None:
    found = compare(candidate("champion", workspace), candidate("challenger", workspace), RULES)
    assert isinstance(found, Comparison)
    gain = found.main_contest.gain
    assert (gain.low, gain.value, gain.high) == (0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def later(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A champion that was trained up to the first test cutoff of `workspace`."""
    made = prepare(tmp_path_factory.mktemp("later"))
    manifest = Manifest.read(workspace.features)
    moved = manifest.tables | {"valid": manifest.tables["test"]}
    manifest.model_copy(update={"tables": moved}).write(made.features)
    return made


def test_rows_that_trained_the_champion_do_not_test_it(workspace: Workspace, later: Workspace) -> None:
    found = compare(candidate("champion", later), candidate("challenger", workspace), RULES)
    text = "the champion was trained on cutoffs up to 2025-05-01, but the test split begins at 2025-04-01"
    assert found == NotComparable(reason=text)


def test_a_champion_that_cannot_be_run_is_compared_on_common_test_rows(workspace: Workspace, later: Workspace) -> None:
    champion, challenger = pinned(candidate("champion", later)), pinned(candidate("challenger", workspace))
    assert champion.pinned is not None
    frame = champion.pinned.frame[lambda rows: rows["cutoff"] == rows["cutoff"].max()]
    found = compare(replace(champion, pinned=replace(champion.pinned, frame=frame)), challenger, RULES)
    assert isinstance(found, Comparison)
    assert found.rows == len(frame)


def test_a_manifest_without_cutoffs_makes_models_not_comparable(workspace: Workspace, tmp_path: Path) -> None:
    found = compare(candidate("champion", prepare(tmp_path)), candidate("challenger", workspace), RULES)
    assert isinstance(found, NotComparable)
    assert "a manifest has no cutoffs" in found.reason


@pytest.mark.parametrize(("seed", "comparable"), [(7, True), (8, False)])
def test_a_split_by_hash_must_be_the_same(workspace: Workspace, seed: int, comparable: bool) -> None:
    champion = candidate("champion", workspace, split=BY_HASH, seed=seed)
    found = compare(champion, candidate("challenger", workspace, split=BY_HASH), RULES)
    assert isinstance(found, Comparison if comparable else NotComparable)


def test_features_that_the_champion_lacks_are_named(workspace: Workspace, tmp_path: Path) -> None:
    fewer = prepare(tmp_path)
    write_spans(fewer)
    schema = FeatureSchema.read(fewer.features)
    schema.model_copy(update={"features": schema.features[1:]}).write(fewer.features)
    found = compare(candidate("champion", workspace), candidate("challenger", fewer), RULES)
    assert found == NotComparable(reason="the champion cannot read the new features: feature 'spend': missing")


def test_a_test_split_without_rows_makes_models_not_comparable(workspace: Workspace, tmp_path: Path) -> None:
    empty = prepare(tmp_path)
    test = pd.read_parquet(empty.features / "test.parquet")
    test.iloc[:0].to_parquet(empty.features / "test.parquet", index=False)
    manifest = Manifest.read(empty.features)
    entry = describe(empty.features / "test.parquet")
    manifest.model_copy(update={"tables": manifest.tables | {"test": entry}}).write(empty.features)
    sides = candidate("champion", workspace, split=BY_HASH), candidate("challenger", empty, split=BY_HASH)
    assert compare(*sides, RULES) == NotComparable(reason="the test split has no rows")
