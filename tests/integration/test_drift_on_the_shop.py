"""The known drift of the default shop: found after month 18, and nothing raised before."""

import importlib
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.progress import Progress
from lockstep.core.spec import load
from lockstep.core.workspace import Workspace
from lockstep.params.document import load_all
from lockstep.pipeline.drift.comparison import Series, compare
from lockstep.pipeline.drift.measurement import compare_tables
from lockstep.pipeline.drift.verdict import Verdict, decide

PROJECT = Path(__file__).parents[2]
BEFORE, AFTER = "2025-06-30", "2025-10-31"  # the default, and the one that params.yaml says to try

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shop")
    document = yaml.safe_load((PROJECT / "params.yaml").read_text(encoding="utf-8"))
    assert document["source"]["as_of"] == BEFORE
    for as_of in (BEFORE, AFTER):
        project = root / as_of
        shutil.copytree(PROJECT / "contracts", project / "contracts")
        document["source"]["as_of"] = as_of
        (project / "params.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    run(root / BEFORE, "simulate")
    shutil.copytree(root / BEFORE / "data" / "source", root / AFTER / "data" / "source")
    return root


def run(project: Path, *stages: str) -> None:
    workspace = Workspace(project)
    for name in stages:
        stage = importlib.import_module(f"lockstep.pipeline.{name}.stage")
        stage.run(load(stage.Inputs, workspace.params), workspace, Progress(name))


def verdict(project: Path, monkeypatch: pytest.MonkeyPatch) -> Verdict:
    """Judge the features alone: a score needs a model, and has tests of its own."""
    monkeypatch.chdir(project)  # the source's URL is relative to the project
    run(project, "ingest", "process", "features")
    workspace = Workspace(project)
    schema = FeatureSchema.read(workspace.features)
    reference, current = (pq.read_table(workspace.features / f"{name}.parquet") for name in ("reference", "current"))
    series = [Series(feature.name, feature.kind) for feature in schema.features if feature.origin != "calendar"]
    no_score = compare(Series("score", "number"), [], [])
    return decide(compare_tables(series, reference, current), no_score, load_all(workspace.params).drift)


def test_before_the_drift_nothing_is_raised(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = verdict(shop / BEFORE, monkeypatch)
    assert found.applicable
    assert not found.drift, found.reasons


def test_after_it_channel_and_spend_are_named(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = verdict(shop / AFTER, monkeypatch)
    drifted = {judgement.name for judgement in found.features if judgement.status == "drifted"}
    assert found.drift
    assert {"channel", "avg_order_value_90d"} <= drifted
    assert "plan" not in drifted
    assert "country" not in drifted
