"""A window of monitoring: the newest features against the champion's own reference and model."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError
from lockstep.core.files import sha256
from lockstep.core.manifest import Manifest
from lockstep.core.progress import Progress
from lockstep.core.workspace import Workspace
from lockstep.operate.monitoring.measure import Champion, measure
from lockstep.params.pipeline.drift import DriftSpec
from lockstep.pipeline.drift import stage as drift
from tests.integration.drift_workspace import AS_OF, HOSTILE, prepare, write_features

NOW = datetime(2025, 7, 1, tzinfo=UTC)
SPEC = DriftSpec()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return prepare(tmp_path_factory.mktemp("served"))


def champion(workspace: Workspace) -> Champion:
    return Champion(workspace.features, workspace.model)


def newer(root: Path, **changes: Any) -> Path:
    """Return a feature directory of another day, without a model."""
    workspace = Workspace(root / "newer")
    write_features(workspace, "binary", **changes)
    return workspace.features


def test_a_shift_of_the_newest_data_is_found_and_named(served: Workspace, tmp_path: Path) -> None:
    window = measure(champion(served), newer(tmp_path, shift=1.0), SPEC, NOW)
    assert (window.drift, window.drifted, window.rows) == ("yes", ("spend",), 400)
    assert (window.as_of, window.measured_at) == (AS_OF, NOW)
    assert any(reason.startswith("spend: PSI") for reason in window.reasons)


def test_the_champions_reference_is_used_not_that_of_the_newest_data(served: Workspace, tmp_path: Path) -> None:
    """The new directory's own reference has moved along with its snapshot: against that one nothing drifted."""
    moved = newer(tmp_path, shift=1.0, reference_shift=1.0)
    assert measure(champion(served), moved, SPEC, NOW).drifted == ("spend",)
    assert measure(Champion(moved, served.model), moved, SPEC, NOW).drifted == ()


def test_on_the_champions_own_data_it_equals_the_stages_verdict(served: Workspace) -> None:
    drift.run(drift.Inputs(drift=SPEC), served, Progress("drift"))
    summary = json.loads(served.drift_verdict.read_text(encoding="utf-8"))
    detail = json.loads((served.drift / "detail.json").read_text(encoding="utf-8"))
    window = measure(champion(served), served.features, SPEC, NOW)
    assert (window.drift, len(window.drifted), window.score_psi) == (
        summary["drift"],
        summary["drifted"],
        summary["score_psi"],
    )
    assert list(window.reasons) == detail["verdict"]["reasons"]


def test_a_window_records_what_was_measured(served: Workspace) -> None:
    window = measure(champion(served), served.features, SPEC, NOW)
    assert window.model == sha256(served.model / "signature.json")
    assert window.snapshot == sha256(served.features / "current.parquet")


def test_no_rows_are_not_applicable_which_is_not_no(served: Workspace, tmp_path: Path) -> None:
    window = measure(champion(served), newer(tmp_path, current_rows=0), SPEC, NOW)
    assert (window.drift, window.rows, window.score_psi) == ("not applicable", 0, None)
    assert "nothing to predict" in window.reasons[0]


def test_missing_features_of_the_champion_are_named(served: Workspace, tmp_path: Path) -> None:
    features = newer(tmp_path)
    schema = FeatureSchema.read(features)
    kept = [f.model_copy(update={"name": "visit"}) if f.name == "visits" else f for f in schema.features]
    kept = [f.model_copy(update={"kind": "number"}) if f.name == HOSTILE else f for f in kept]
    schema.model_copy(update={"features": tuple(kept)}).write(features)
    with pytest.raises(LockstepError, match="the features do not fit the model") as error:
        measure(champion(served), features, SPEC, NOW)
    assert error.value.details == (
        "feature 'visits': missing; did you mean 'visit'?",
        f"feature {HOSTILE!r}: expected a category, found a number",
    )


def test_a_model_with_features_of_another_run_is_refused(served: Workspace, tmp_path: Path) -> None:
    features = newer(tmp_path)
    schema = FeatureSchema.read(features)
    schema.model_copy(update={"features": schema.features[1:]}).write(features)
    with pytest.raises(LockstepError, match="not made from the features in"):
        measure(Champion(features, served.model), served.features, SPEC, NOW)


@pytest.mark.parametrize("name", ["features/reference.parquet", "models/model/model.onnx"])
def test_a_damaged_file_of_the_champion_is_named(served: Workspace, tmp_path: Path, name: str) -> None:
    copy = Workspace(tmp_path / "copy")
    shutil.copytree(served.root, copy.root)
    path = copy.root / "data" / name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(LockstepError, match=f"{path.name}: damaged"):
        measure(champion(copy), served.features, SPEC, NOW)


def test_a_damaged_snapshot_is_named(served: Workspace, tmp_path: Path) -> None:
    features = newer(tmp_path)
    path = features / Manifest.read(features).tables["current"].file
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(LockstepError, match=r"current\.parquet: damaged"):
        measure(champion(served), features, SPEC, NOW)


def test_importing_it_loads_no_learner(tmp_path: Path) -> None:
    code = (
        "import sys, lockstep.operate.monitoring.measure; print('sklearn' in sys.modules, 'onnxruntime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout == "False False\n"
