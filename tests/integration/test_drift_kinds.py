"""Stage `drift` on features of all kinds: a truth, and words of which each text is its own."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lockstep.artifacts.schema import Feature, FeatureSchema
from lockstep.core.manifest import Manifest, describe
from lockstep.core.progress import Progress
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.drift import DriftSpec
from lockstep.pipeline.drift import stage as drift
from tests.integration.drift_workspace import AS_OF, prepare


def widen(workspace: Workspace, longest: int, share: float) -> None:
    """Add `note` and `vip` to every file; only those of the current snapshot have the length and the share."""
    schema = FeatureSchema.read(workspace.features)
    added = (
        Feature(name="note", kind="text", origin="attribute"),
        Feature(name="vip", kind="boolean", origin="attribute"),
    )
    paths = sorted(workspace.features.glob("*.parquet"))
    for number, path in enumerate(paths):
        frame, rng = pd.read_parquet(path), np.random.default_rng(number)
        current = path.stem == "current"
        words, odds = (longest, share) if current else (10, 0.5)
        notes = [f"about {n} {'word ' * int(rng.integers(0, words))}" for n in range(len(frame))]
        frame.assign(note=notes, vip=(rng.random(len(frame)) < odds).astype(float)).to_parquet(path, index=False)
    schema.model_copy(update={"features": (*schema.features, *added)}).write(workspace.features)
    Manifest(as_of=AS_OF, tables={path.stem: describe(path) for path in paths}).write(workspace.features)


@pytest.mark.parametrize(("longest", "share", "expected"), [(10, 0.5, "stable"), (30, 0.9, "drifted")])
def test_words_and_truths_are_judged_each_in_its_way(longest: int, share: float, expected: str, tmp_path: Path) -> None:
    workspace = prepare(tmp_path)
    widen(workspace, longest, share)
    drift.run(drift.Inputs(drift=DriftSpec()), workspace, Progress("drift"))
    detail = json.loads((workspace.drift / "detail.json").read_text(encoding="utf-8"))
    note, vip = detail["features"][-2:]
    assert (note["kind"], note["status"], vip["kind"], vip["status"]) == ("text", expected, "boolean", expected)
    assert "number of words" in note["reason"]
    assert (note["chi_squared"], note["new_categories"]) == (None, None)
    assert vip["histogram"]["labels"] == ["0", "1"]
