"""Stage `evaluate` on real features and a real model."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.metrics import log_loss, root_mean_squared_error

from lockstep.artifacts.bundle import Model
from lockstep.artifacts.evaluation import Evaluation
from lockstep.core.errors import LockstepError
from lockstep.core.files import read_json, sha256
from lockstep.core.manifest import Manifest, describe
from lockstep.core.workspace import Workspace
from tests.integration.evaluated_workspace import build, contents, run_cli, run_evaluate, write_params
from tests.unit.evaluation.samples import CLASSES, DROP, SCRIPT

TASKS = ["binary", "multiclass", "regression"]
FILES = {
    "calibration.csv", "confusion.csv", "decision.json", "dependence.csv", "evaluation.json", "pr.csv",
    "pr_baseline.csv", "predictions.parquet", "roc.csv", "roc_baseline.csv", "scatter.csv", "thresholds.csv",
}  # fmt: skip


@pytest.fixture(scope="module", params=TASKS)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = build(tmp_path_factory.mktemp(request.param), request.param, events=request.param != "multiclass")
    run_evaluate(workspace)
    return workspace


@pytest.fixture
def binary(tmp_path: Path) -> Workspace:
    return build(tmp_path, "binary")


def test_every_file_that_dvc_plots_lists_is_there_for_every_task(done: Workspace) -> None:
    assert contents(done.evaluation).keys() == FILES
    for path in done.evaluation.glob("*.csv"):
        assert len(pd.read_csv(path)) <= 500


def test_predictions_are_those_of_the_model_in_the_order_of_the_test_split(done: Workspace) -> None:
    predictions = pd.read_parquet(done.evaluation / "predictions.parquet")
    test = pd.read_parquet(done.features / "test.parquet")
    assert predictions["customer_id"].equals(test["customer_id"])
    assert predictions["label"].equals(test["label"])
    assert ("cutoff" in predictions) == ("cutoff" in test)
    columns = [name for name in predictions if name.startswith("model_")]
    found = predictions[columns].to_numpy().squeeze()
    assert found == pytest.approx(Model.load(done.model).predict(test), rel=1e-6, abs=1e-6)


def test_baselines_are_fitted_on_the_training_split(done: Workspace) -> None:
    frame = pd.read_parquet(done.evaluation / "predictions.parquet")
    label = pd.read_parquet(done.features / "train.parquet")["label"]
    expected = {
        "majority_probability": label.mean(),
        "majority_probability_0": (label == 0).mean(),
        "mean_number": label.mean(),
    }
    (constant,) = expected.keys() & set(frame)
    assert frame[constant].to_numpy() == pytest.approx(expected[constant], rel=1e-5)


def test_metrics_follow_from_the_prediction_file(done: Workspace) -> None:
    evaluation = Evaluation.read(done.evaluation)
    frame = pd.read_parquet(done.evaluation / "predictions.parquet")
    columns = [name for name in frame if name.startswith("model_")]
    scores = {score.name: score.model.value for score in evaluation.scores}
    if evaluation.task == "regression":
        assert scores["rmse"] == pytest.approx(root_mean_squared_error(frame["label"], frame[columns[0]]), abs=1e-6)
    else:
        chance = frame[columns].to_numpy().squeeze().clip(1e-6, 1 - 1e-6)
        chance = chance / chance.sum(axis=1, keepdims=True) if chance.ndim > 1 else chance
        assert scores["log_loss"] == pytest.approx(log_loss(frame["label"], chance), abs=1e-5)


def test_metrics_json_is_flat_short_and_free_of_nan(done: Workspace) -> None:
    metrics = read_json(done.metrics)
    assert all(isinstance(value, float | str) for value in metrics.values())
    assert max(map(len, metrics)) <= 16
    assert metrics["gate"] in ("pass", "fail")


def test_hostile_levels_and_classes_are_data(done: Workspace) -> None:
    evaluation = Evaluation.read(done.evaluation)
    plan, script, *_ = evaluation.segments
    assert DROP in [level.level for level in plan.levels]
    assert (script.column, {level.level for level in script.levels}) == (SCRIPT, {"a", "$b_c$", None})
    if evaluation.task == "multiclass":
        confusion = pd.read_csv(done.evaluation / "confusion.csv")
        assert set(confusion["actual"]) == set(CLASSES)


def test_entities_with_two_snapshots_are_resampled_as_one(done: Workspace) -> None:
    evaluation = Evaluation.read(done.evaluation)
    expected = (150, 150) if evaluation.task == "multiclass" else (300, 150)
    assert (evaluation.rows, evaluation.entities) == expected


def test_several_test_cutoffs_show_how_the_model_ages(done: Workspace) -> None:
    evaluation = Evaluation.read(done.evaluation)
    ages = [segment for segment in evaluation.segments if segment.column == "cutoff"]
    if evaluation.task == "multiclass":
        assert ages == []  # a flat table
    else:
        assert [level.level for level in ages[0].levels] == ["2025-05-01, 120 days on", "2025-05-31, 150 days on"]
        assert [level.rows for level in ages[0].levels] == [150, 150]


def test_the_threshold_is_chosen_on_the_validation_split_and_stored_for_whoever_decides(binary: Workspace) -> None:
    """Labels of the test split that are turned round change the costs, and not the threshold."""
    run_evaluate(binary)
    before = read_json(binary.evaluation / "decision.json")
    assert before == {
        "model": sha256(binary.model / "signature.json"),
        "threshold": Evaluation.read(binary.evaluation).decision.threshold,
        "rule": "cost",
        "costs": Evaluation.read(binary.evaluation).decision.costs,
    }
    path = binary.features / "test.parquet"
    turned = pd.read_parquet(path).assign(label=lambda frame: 1 - frame["label"])
    turned.to_parquet(path, index=False)
    manifest = Manifest.read(binary.features)
    tables = {**manifest.tables, "test": describe(path)}
    Manifest(as_of=None, tables=tables).write(binary.features)
    run_evaluate(binary)
    assert read_json(binary.evaluation / "decision.json") == before


def test_bytes_do_not_depend_on_threads_time_zone_locale_hash_seed_or_path(done: Workspace, tmp_path: Path) -> None:
    copy = Workspace(tmp_path / "another place")
    shutil.copytree(done.root, copy.root)
    environment = {
        "OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3", "TZ": "Asia/Kathmandu", "LC_ALL": "C",
        "PYTHONHASHSEED": "99",
    }  # fmt: skip
    run_cli(copy, "evaluate", **environment)
    assert contents(copy.evaluation) == contents(done.evaluation)
    assert copy.metrics.read_bytes() == done.metrics.read_bytes()


def test_a_failed_gate_is_a_verdict_and_not_an_error(binary: Workspace) -> None:
    write_params(binary, "binary", gates={"min": {"roc_auc": 0.9999}})
    run_evaluate(binary)
    assert read_json(binary.metrics)["gate"] == "fail"
    broken = [reason.text for reason in Evaluation.read(binary.evaluation).gate.reasons if not reason.passed]
    assert broken[0].endswith("expected at least 0.9999")


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"segments": ["plam"]}, r"evaluate\.segments: no feature 'plam'; did you mean 'plan'"),
        ({"gates": {"min": {"roc_auk": 0.5}}}, r"evaluate\.gates\.min\.roc_auk: .*did you mean 'roc_auc'"),
        ({"gates": {"min": {"log_loss": 0.5}}}, r"evaluate\.gates\.min\.log_loss: less is better"),
    ],
)
def test_a_bad_section_is_an_error_that_names_the_key(binary: Workspace, section: dict[str, Any], message: str) -> None:
    write_params(binary, "binary", **section)
    with pytest.raises(LockstepError, match=message):
        run_evaluate(binary)


@pytest.mark.parametrize("file", ["features/test.parquet", "models/model/model.onnx"])
def test_a_damaged_input_is_an_error_and_the_last_good_outputs_stay(binary: Workspace, file: str) -> None:
    run_evaluate(binary)
    before = contents(binary.root / "data" / "reports")
    path = binary.root / "data" / file
    path.write_bytes(path.read_bytes()[:-3] + b"???")
    with pytest.raises(LockstepError, match="damaged: expected SHA-256"):
        run_evaluate(binary)
    assert contents(binary.root / "data" / "reports") == before


def test_a_damaged_evaluation_is_an_error_that_names_the_file(binary: Workspace) -> None:
    run_evaluate(binary)
    (binary.evaluation / "evaluation.json").write_text('{"task": "binary"}')
    with pytest.raises(LockstepError, match=r"evaluation\.json: damaged"):
        Evaluation.read(binary.evaluation)
