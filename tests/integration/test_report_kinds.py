"""Features of all four kinds, and weights of rows, through evaluation and drift to the page."""

import numpy as np
import pandas as pd
import pytest

from lockstep.artifacts.evaluation import Evaluation
from lockstep.artifacts.schema import LABEL, WEIGHT, Feature, FeatureSchema
from lockstep.core.errors import LockstepError
from lockstep.core.files import read_json
from lockstep.core.manifest import Manifest, describe
from lockstep.core.progress import Progress
from lockstep.core.spec import load
from lockstep.core.workspace import Workspace
from lockstep.pipeline.drift import stage as drift
from lockstep.pipeline.report import stage as report
from tests.integration.evaluated_workspace import build, run_evaluate
from tests.unit.evaluation.samples import SCRIPT

ADDED = (Feature(name="note", kind="text", origin="attribute"), Feature(name="vip", kind="boolean", origin="attribute"))


def widen(workspace: Workspace) -> None:
    """Add a text and a boolean column to every file, and a weight to labelled rows."""
    paths = sorted(workspace.features.glob("*.parquet"))
    for number, path in enumerate(paths):
        frame, rng = pd.read_parquet(path), np.random.default_rng(number)
        notes = [f"{SCRIPT} said {n} {'more ' * int(rng.integers(0, 9))}" for n in range(len(frame))]
        frame = frame.assign(note=notes, vip=(rng.random(len(frame)) < 0.5).astype(float))
        frame["note"] = frame["note"].where(rng.random(len(frame)) < 0.8, None)
        if LABEL in frame:
            frame[WEIGHT] = rng.gamma(2, 1, len(frame)) + 0.1
        frame.to_parquet(path, index=False)
    schema = FeatureSchema.read(workspace.features)
    widened = {"features": (*schema.features, *ADDED), "weighted": True}
    schema.model_copy(update=widened).write(workspace.features)
    Manifest(as_of=None, tables={path.stem: describe(path) for path in paths}).write(workspace.features)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = build(tmp_path_factory.mktemp("kinds"), segments=["vip", "plan"], sensitive=["vip"])
    widen(workspace)
    run_evaluate(workspace)
    drift.run(load(drift.Inputs, workspace.params), workspace, Progress("drift"))
    report.run(load(report.Inputs, workspace.params), workspace, Progress("report"))
    return workspace


def test_every_kind_is_counted_and_texts_are_escaped(done: Workspace) -> None:
    html = (done.report / "report.html").read_text(encoding="utf-8")
    assert "6 features: 2 numeric, 1 boolean, 2 categorical and 1 text" in html
    assert "<script" not in html.lower()


def test_a_boolean_is_a_segment_of_two_levels_and_a_text_is_explained(done: Workspace) -> None:
    found = Evaluation.model_validate(read_json(done.evaluation / "evaluation.json"), strict=False)
    assert [level.level for level in found.segments[0].levels] == ["0", "1"]
    assert [level.level for level in found.fairness[0].levels] == ["0", "1"]
    assert found.explanation is not None
    assert {"note", "vip"} < {feature.name for feature in found.explanation.features}


def test_drift_of_a_text_is_of_its_number_of_words(done: Workspace) -> None:
    detail = read_json(done.drift / "detail.json")
    note = next(entry for entry in detail["features"] if entry["name"] == "note")
    assert (note["kind"], note["status"]) == ("text", "stable")
    assert "number of words" in note["reason"]


def test_a_text_as_a_segment_is_an_error(done: Workspace) -> None:
    written = done.params.read_text(encoding="utf-8")
    done.params.write_text(written.replace("- plan\n", "- note\n"), encoding="utf-8")
    try:
        with pytest.raises(LockstepError, match="'note' is text"):
            run_evaluate(done)
    finally:
        done.params.write_text(written, encoding="utf-8")
