"""Stage `drift` on a real feature directory and a real model."""

import csv
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lockstep.core.errors import LockstepError
from lockstep.core.progress import Progress
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.drift import DriftSpec
from lockstep.pipeline.drift import stage as drift
from tests.integration.drift_workspace import HOSTILE, prepare


def run(workspace: Workspace, **spec: object) -> dict:
    drift.run(drift.Inputs(drift=DriftSpec(**spec)), workspace, Progress("drift"))
    return json.loads((workspace.drift / "detail.json").read_text(encoding="utf-8"))


def verdict_in_git(workspace: Workspace) -> dict:
    return json.loads(workspace.drift_verdict.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def drifted(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return prepare(tmp_path_factory.mktemp("drifted"), shift=1.0)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return prepare(tmp_path_factory.mktemp("quiet"))


def test_a_shift_of_one_feature_is_found_and_named(drifted: Workspace) -> None:
    found = run(drifted)
    statuses = {series["name"]: series["status"] for series in found["features"]}
    assert statuses == {"spend": "drifted", "visits": "stable", HOSTILE: "stable", "month_sin": "not applicable"}
    assert found["verdict"]["drift"] is True
    assert any(reason.startswith("spend: PSI") for reason in found["verdict"]["reasons"])
    assert found["as_of"] == "2025-06-30T00:00:00"
    assert verdict_in_git(drifted)["drift"] == "yes"
    assert verdict_in_git(drifted)["checked"] == 3


def test_without_a_shift_nothing_is_raised(quiet: Workspace) -> None:
    found = run(quiet)
    assert (found["applicable"], found["verdict"]["drift"]) == (True, False)
    assert verdict_in_git(quiet)["drift"] == "no"
    assert verdict_in_git(quiet)["drifted"] == 0


def test_scores_are_compared_with_those_of_the_newest_test_snapshot(quiet: Workspace) -> None:
    """The test snapshot before it is far off: with its rows the score would have drifted."""
    score = run(quiet)["score"]
    assert score["status"] == "stable"
    assert score["psi"] < 0.1


def test_there_is_one_row_a_feature_for_the_plot(drifted: Workspace) -> None:
    run(drifted)
    with (drifted.drift / "features.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["name"] for row in rows) == sorted(["spend", "visits", HOSTILE, "score"])
    assert rows == sorted(rows, key=lambda row: -float(row["psi"]))


def test_what_is_ignored_raises_nothing(drifted: Workspace) -> None:
    found = run(drifted, ignore=("spend", "score"))
    assert found["verdict"]["drift"] is False
    assert found["features"][0]["status"] == found["score"]["status"] == "ignored"
    assert found["features"][0]["psi"] > 0.2


def test_an_unknown_name_in_ignore_is_an_error_that_names_the_nearest(quiet: Workspace) -> None:
    with pytest.raises(LockstepError, match=r"drift\.ignore") as error:
        run(quiet, ignore=("spent",))
    assert "did you mean 'spend'?" in str(error.value)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_no_rows_to_predict_is_not_applicable_which_is_not_passed(tmp_path: Path, task: str) -> None:
    workspace = prepare(tmp_path, task, current_rows=0, flat=True)
    found = run(workspace)
    assert (found["applicable"], found["as_of"]) == (False, None)
    assert "no rows" in found["reason"]
    assert {series["status"] for series in [*found["features"], found["score"]]} == {"not applicable"}
    assert verdict_in_git(workspace) == {"drift": "not applicable", "checked": 0}


def test_few_rows_to_predict_are_not_applicable_either(tmp_path: Path) -> None:
    found = run(prepare(tmp_path, current_rows=20))
    assert found["applicable"] is False
    assert "20 current rows" in found["features"][0]["reason"]


@pytest.mark.parametrize(("task", "kind"), [("multiclass", "category"), ("regression", "number")])
def test_every_task_has_a_score(tmp_path: Path, task: str, kind: str) -> None:
    score = run(prepare(tmp_path, task))["score"]
    assert (score["kind"], score["status"]) == (kind, "stable")


def test_a_damaged_reference_is_named_and_the_last_verdict_kept(tmp_path: Path) -> None:
    workspace = prepare(tmp_path)
    run(workspace)
    before = workspace.drift_verdict.read_bytes()
    path = workspace.features / "reference.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(LockstepError, match=r"reference\.parquet: damaged"):
        run(workspace)
    assert workspace.drift_verdict.read_bytes() == before
    assert sorted(file.name for file in workspace.drift.iterdir()) == ["detail.json", "features.csv"]


def test_bytes_do_not_depend_on_time_zone_hash_seed_or_path(drifted: Workspace, tmp_path: Path) -> None:
    run(drifted)
    (tmp_path / "elsewhere").symlink_to(drifted.root)
    expected = digests(drifted)
    code = (
        "from lockstep.pipeline.drift import stage as drift; from lockstep.params.pipeline.drift import DriftSpec;"
        "from lockstep.core.progress import Progress; from lockstep.core.workspace import Workspace;"
        "drift.run(drift.Inputs(drift=DriftSpec()), Workspace(), Progress('drift'))"
    )
    surroundings = {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "99", "OMP_NUM_THREADS": "1", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "elsewhere", env=os.environ | surroundings, check=True)
    assert digests(drifted) == expected


def digests(workspace: Workspace) -> list[str]:
    files = [*sorted(workspace.drift.iterdir()), workspace.drift_verdict]
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
