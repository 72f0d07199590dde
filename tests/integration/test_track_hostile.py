"""Hostile names and values of params.yaml and data are stored, cleaned or refused with a message."""

import json
from pathlib import Path

import pytest

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.pipeline.track.backend import connect
from tests.integration.tracked_workspace import artifacts, pin, publish_here, runs, set_param
from tests.unit.evaluation.samples import SCRIPT

pytestmark = pytest.mark.xdist_group("track")


def test_hostile_params_and_names_reach_the_run(workspace: Workspace, tmp_path: Path) -> None:
    hostile = {
        SCRIPT: "a\nb",
        "../../etc/passwd": "x" * 7000,
        "a'; DROP TABLE runs; --": "\0",
        "..": "dots",
        "": "none",
    }
    set_param(workspace, "card", intended_use="")
    set_param(workspace, "features", expressions=hostile)
    published = publish_here(workspace)
    backend = connect(workspace.root)
    (run,) = runs(backend)
    found = {name: text for name, text in run.data.params.items() if name.startswith("features.expressions")}
    assert len(found) == len(hostile)
    assert "a\nb" in found.values()
    assert all(len(text) <= 6000 for text in found.values())
    assert any("7,000 characters" in text for text in found.values())
    assert not [name for name in found if "<" in name or "/" in name]
    whole = json.loads((artifacts(backend, published.run_id, tmp_path) / "params.json").read_text())
    assert whole["features.expressions.../../etc/passwd"] == "x" * 7000, "params.json has all of it"
    assert [item.name for item in backend.client.search_experiments() if SCRIPT in item.name]
    assert [name for name in run.data.metrics if name.startswith("segment/_script_alert_1_")]


def test_a_password_in_params_is_not_published(workspace: Workspace, tmp_path: Path) -> None:
    set_param(workspace, "source", url="postgresql://shop:geheim@db/shop")
    published = publish_here(workspace)
    backend = connect(workspace.root)
    (run,) = runs(backend)
    assert run.data.params["source.url"] == "postgresql://shop:***@db/shop"
    assert "geheim" not in (artifacts(backend, published.run_id, tmp_path) / "params.json").read_text()


def test_a_link_in_the_bundle_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("not of this model")
    (workspace.model / "notes").symlink_to(outside)
    pin(workspace)
    with pytest.raises(LockstepError, match=r"notes: a link; expected a file"):
        publish_here(workspace)


def test_mlflow_refuses_an_artifact_path_that_leads_out_of_the_run(workspace: Workspace, tmp_path: Path) -> None:
    from mlflow.exceptions import MlflowException

    published = publish_here(workspace)
    client = connect(workspace.root).client
    (tmp_path / "x").write_text("x")
    with pytest.raises(MlflowException):
        client.log_artifact(published.run_id, str(tmp_path / "x"), "../../../evil")
    with pytest.raises(MlflowException):
        client.download_artifacts(published.run_id, "../../../../project/params.yaml", str(tmp_path))
