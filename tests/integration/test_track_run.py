"""A run holds the pinned results."""

import json
import math
import subprocess
from pathlib import Path

import numpy as np
import pytest
from onnxruntime import InferenceSession

from lockstep.artifacts.evaluation import Evaluation
from lockstep.core.files import sha256
from lockstep.core.workspace import Workspace
from lockstep.pipeline.track import tags
from lockstep.pipeline.track.backend import connect
from lockstep.versioning.hashes.content_hash import content_hash
from tests.integration.tracked_workspace import artifacts, models, publish_here, runs
from tests.unit.evaluation.samples import SCRIPT

pytestmark = pytest.mark.xdist_group("track")


def test_metrics_carry_their_intervals_and_curves_their_steps(workspace: Workspace) -> None:
    published = publish_here(workspace)
    backend = connect(workspace.root)
    (run,) = runs(backend)
    score = Evaluation.read(workspace.evaluation).main_score
    found = [run.data.metrics[score.name + suffix] for suffix in ("", ".low", ".high")]
    assert found == [score.model.value, score.model.low, score.model.high]
    assert run.data.metrics[f"vs majority/{score.name}"] == score.baselines["majority"].value
    assert run.data.metrics[f"vs majority/{score.name}.gain.low"] == score.gains["majority"].low
    training = json.loads((workspace.model / "training.json").read_text())
    curve = backend.client.get_metric_history(published.run_id, "learning/valid")
    assert [(point.step, point.value) for point in sorted(curve, key=lambda point: point.step)] == [
        (point["rows"], point["valid"]) for point in training["learning_curve"]
    ]
    assert all(math.isfinite(value) for value in run.data.metrics.values())


def test_datasets_have_dvcs_hashes(workspace: Workspace) -> None:
    publish_here(workspace)
    (run,) = runs(connect(workspace.root))
    features, model = (content_hash(workspace.root, path) for path in (workspace.features, workspace.model))
    assert run.data.tags["lockstep.data.data.features"] == features
    assert run.data.tags["lockstep.data.data.models.model"] == model
    inputs = {item.dataset.name: item.dataset for item in run.inputs.dataset_inputs}
    assert {name: dataset.digest for name, dataset in inputs.items() if name.startswith("features.")} == dict.fromkeys(
        ("features.train", "features.valid", "features.test"), features
    )
    assert inputs["raw"].digest == content_hash(workspace.root, workspace.raw)
    assert json.loads(inputs["features.train"].profile)["rows"] == 400
    assert len(json.loads(inputs["features.train"].schema)["columns"]) == 7


def test_the_bundle_is_downloaded_byte_for_byte_and_no_prediction_is_uploaded(
    workspace: Workspace, tmp_path: Path
) -> None:
    published = publish_here(workspace)
    folder = artifacts(connect(workspace.root), published.run_id, tmp_path / "back")
    assert content_hash(folder, folder / "bundle") == content_hash(workspace.root, workspace.model)
    assert (folder / "report" / "report.html").read_bytes() == (workspace.report / "report.html").read_bytes()
    assert (folder / "report" / "card.md").is_file()
    assert len(list((folder / "figures").glob("*.svg"))) > 5
    assert not list(folder.rglob("predictions.parquet"))
    assert not [path for path in folder.rglob("*") if path.suffix in (".pkl", ".pickle", ".cloudpickle", ".joblib")]


def test_the_model_is_the_pinned_graph_and_its_example_predicts(workspace: Workspace, tmp_path: Path) -> None:
    import mlflow.pyfunc

    publish_here(workspace)
    backend = connect(workspace.root)
    (model,) = models(backend)
    (run,) = runs(backend)
    assert model.status == "READY"
    assert run.outputs.model_outputs[0].model_id == model.model_id
    folder = mlflow.artifacts.download_artifacts(model.artifact_location, dst_path=str(tmp_path))
    assert (
        sha256(tmp_path / folder / "model.onnx") == run.data.tags[tags.GRAPH] == sha256(workspace.model / "model.onnx")
    )
    loaded = mlflow.pyfunc.load_model(folder)
    example = loaded.metadata.load_input_example(folder)
    expected = InferenceSession(workspace.model / "model.onnx").run(
        None,
        {name: np.asarray(value, object if name == "categories" else np.float32) for name, value in example.items()},
    )
    np.testing.assert_array_equal(loaded.predict(example)["probabilities"], expected[-1])
    assert len(example["numbers"]) == 5
    assert loaded.metadata.metadata["categories"] == ["plan", SCRIPT]
    assert {flavor: about.get("loader_module") for flavor, about in loaded.metadata.flavors.items()} == {
        "onnx": None,
        "python_function": "mlflow.onnx",
    }


def test_the_run_has_its_commit_and_whether_inputs_of_stages_differed_from_it(
    workspace: Workspace,
) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
        return subprocess.run(
            ["git", *identity, *arguments], cwd=workspace.root, check=True, capture_output=True, text=True
        ).stdout

    (workspace.root / ".gitignore").write_text(".lockstep/\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "all")
    (workspace.root / "dvc.lock").write_text((workspace.root / "dvc.lock").read_text() + "# written by the stages\n")
    (workspace.root / "notes.txt").write_text("read by no stage")
    publish_here(workspace)
    (run,) = runs(connect(workspace.root))
    assert run.data.tags[tags.COMMIT] == git("rev-parse", "HEAD").strip()
    assert run.data.tags[tags.DIRTY] == "false"
    workspace.params.write_text(workspace.params.read_text() + "# a comment\n")
    from lockstep.pipeline.track.gather import gather

    assert gather(workspace).tags[tags.DIRTY] == "true"


def test_a_workspace_that_differs_from_dvc_lock_is_not_published(workspace: Workspace) -> None:
    from lockstep.core.errors import LockstepError

    (workspace.drift / "detail.json").write_text("{}")
    with pytest.raises(LockstepError, match="does not hold the pinned result") as raised:
        publish_here(workspace)
    assert raised.value.details == ("data/reports/drift: differs",)
    assert runs(connect(workspace.root)) == []
