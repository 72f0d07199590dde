"""Scores of the current snapshot in complete parts: the same bytes however often a run is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockstep.artifacts.bundle import Model
from lockstep.artifacts.predictions import rounded
from lockstep.core.errors import LockstepError, TransientError
from lockstep.core.files import read_json, sha256
from lockstep.core.manifest import Manifest, describe
from lockstep.core.workspace import Workspace
from lockstep.operate.scoring.folder import unfinished
from lockstep.operate.scoring.manifest import ScoringManifest
from lockstep.operate.scoring.parts import score
from lockstep.tasks import registry
from tests.integration.drift_workspace import AS_OF, HOSTILE, prepare

COLUMNS = {
    "binary": ["probability"],
    "multiclass": ["probability_0", "probability_1", "probability_2"],
    "regression": ["number"],
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return prepare(tmp_path_factory.mktemp("served"))


def run(workspace: Workspace, output: Path, rows_per_part: int = 30, **more: Any) -> ScoringManifest:
    return score(workspace.model, workspace.features, output, rows_per_part, **more)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def scores(folder: Path) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))], ignore_index=True)


@pytest.mark.parametrize("task", COLUMNS)
def test_the_scores_equal_the_models_in_the_order_of_the_snapshot(tmp_path: Path, task: str) -> None:
    workspace = prepare(tmp_path / "project", task)
    manifest = run(workspace, tmp_path / "scores")
    current = pd.read_parquet(workspace.features / "current.parquet")
    found = scores(tmp_path / "scores")
    assert list(found) == ["id", "cutoff", *COLUMNS[task]]
    assert found[["id", "cutoff"]].equals(current[["id", "cutoff"]])
    expected = rounded(registry.task(task).output, Model.load(workspace.model).predict(current)).reshape(
        len(current), -1
    )
    np.testing.assert_allclose(found[COLUMNS[task]].to_numpy(), expected, atol=2e-6)
    assert manifest.classes == (("a", "b", "c") if task == "multiclass" else None)


def test_the_manifest_identifies_snapshot_and_model(served: Workspace, tmp_path: Path) -> None:
    manifest = run(served, tmp_path / "scores")
    assert ScoringManifest.read(tmp_path / "scores") == manifest
    assert (manifest.complete, manifest.rows, manifest.as_of, manifest.task) == (True, 400, AS_OF, "binary")
    assert manifest.model == sha256(served.model / "signature.json")
    assert manifest.features == sha256(served.features / "current.parquet")
    assert [part.rows for part in manifest.parts] == [30] * 13 + [10]
    for part in manifest.parts:
        path = tmp_path / "scores" / part.file
        assert (pq.read_metadata(path).num_rows, sha256(path)) == (part.rows, part.sha256)
    assert sorted(contents(tmp_path / "scores")) == ["manifest.json", *(part.file for part in manifest.parts)]


def test_levels_that_training_did_not_see_are_counted_by_part(tmp_path: Path) -> None:
    workspace = prepare(tmp_path / "project")
    signature = read_json(workspace.model / "signature.json")
    seen = signature | {"levels": {HOSTILE: ["b", "c"]}}
    (workspace.model / "signature.json").write_text(json.dumps(seen))
    manifest = run(workspace, tmp_path / "scores", 300)
    new = pd.read_parquet(workspace.features / "current.parquet")[HOSTILE] == "<script>"
    assert [part.unknown for part in manifest.parts] == [{HOSTILE: new[:300].sum()}, {HOSTILE: new[300:].sum()}]
    assert manifest.unknown == {HOSTILE: new.sum()}
    assert ScoringManifest.read(tmp_path / "scores").unknown == manifest.unknown


def test_a_flat_table_has_no_cutoff(tmp_path: Path) -> None:
    workspace = prepare(tmp_path / "project", flat=True)
    assert run(workspace, tmp_path / "scores").as_of is None
    assert list(scores(tmp_path / "scores")) == ["id", "probability"]


def test_nothing_to_predict_is_complete_with_a_reason(tmp_path: Path) -> None:
    manifest = run(prepare(tmp_path / "project", current_rows=0), tmp_path / "scores")
    assert (manifest.complete, manifest.rows, manifest.parts) == (True, 0, ())
    assert manifest.reason is not None
    assert "nothing to predict" in manifest.reason
    assert list(contents(tmp_path / "scores")) == ["manifest.json"]


def test_the_same_inputs_give_the_same_bytes_in_any_surroundings(served: Workspace, tmp_path: Path) -> None:
    run(served, tmp_path / "here")
    surroundings = {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "99", "OMP_NUM_THREADS": "1", "LC_ALL": "C"}
    with start(served, tmp_path / "there", 0.0, **surroundings) as other:
        other.communicate(timeout=60)
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_the_bytes_do_not_depend_on_the_row_groups_of_the_snapshot(served: Workspace, tmp_path: Path) -> None:
    """Only the digest of the snapshot differs: row groups are no part of what is scored."""
    copy = Workspace(tmp_path / "copy")
    shutil.copytree(served.root, copy.root)
    rewrite(copy, pq.read_table(copy.features / "current.parquet"), row_group_size=17)
    one, two = run(served, tmp_path / "one"), run(copy, tmp_path / "two")
    assert one.parts == two.parts
    assert one.features != two.features


def rewrite(workspace: Workspace, table: pa.Table, **how: Any) -> None:
    path = workspace.features / "current.parquet"
    pq.write_table(table, path, **how)
    manifest = Manifest.read(workspace.features)
    manifest.model_copy(update={"tables": manifest.tables | {"current": describe(path)}}).write(workspace.features)


class StoppedError(Exception):
    """Stands for whatever ends a run in the middle."""


def stop_after(rows: int) -> Any:
    done = 0

    def advance(more: int) -> None:
        nonlocal done
        done += more
        if done >= rows:
            raise StoppedError

    return advance


def half(served: Workspace, output: Path) -> Path:
    """Stop after five parts of fourteen, and return the unfinished folder."""
    with pytest.raises(StoppedError):
        run(served, output, advance=stop_after(150))
    return unfinished(output)


def mtimes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.parquet")}


def test_an_unfinished_scoring_has_another_name_and_an_incomplete_manifest(served: Workspace, tmp_path: Path) -> None:
    left = half(served, tmp_path / "scores")
    assert not (tmp_path / "scores").exists()
    manifest = ScoringManifest.read(left)
    assert (manifest.complete, manifest.scored, len(manifest.parts)) == (False, 150, 5)


def test_a_rerun_continues_after_the_last_good_part(served: Workspace, tmp_path: Path) -> None:
    run(served, tmp_path / "whole")
    before = mtimes(half(served, tmp_path / "scores"))
    advances: list[int] = []
    run(served, tmp_path / "scores", advance=advances.append)
    assert advances == [150, *[30] * 8, 10]
    assert before.items() <= mtimes(tmp_path / "scores").items()
    assert contents(tmp_path / "scores") == contents(tmp_path / "whole")
    assert not unfinished(tmp_path / "scores").exists()


@pytest.mark.parametrize("damage", ["flipped", "missing", "not listed", "torn manifest", "no manifest", "stray"])
def test_any_content_of_an_unfinished_folder_gives_the_same_bytes(
    served: Workspace, tmp_path: Path, damage: str
) -> None:
    run(served, tmp_path / "whole")
    left = half(served, tmp_path / "scores")
    part, manifest = left / "part-00002.parquet", left / "manifest.json"
    if damage == "flipped":
        part.write_bytes(part.read_bytes()[:-1] + b"x")
    elif damage == "missing":
        part.unlink()
    elif damage == "not listed":
        (left / "part-00005.parquet").write_bytes(b"half a part")
    elif damage == "torn manifest":
        manifest.write_bytes(manifest.read_bytes()[:100])
    elif damage == "no manifest":
        manifest.unlink()
    else:
        (left / "part-00099.parquet").write_bytes(b"from somewhere")
        (left / "folder").mkdir()
    run(served, tmp_path / "scores")
    assert contents(tmp_path / "scores") == contents(tmp_path / "whole")


def test_a_finished_scoring_is_not_changed(served: Workspace, tmp_path: Path) -> None:
    first = run(served, tmp_path / "scores")
    before = mtimes(tmp_path / "scores")
    advances: list[int] = []
    assert run(served, tmp_path / "scores", advance=advances.append) == first
    assert mtimes(tmp_path / "scores") == before
    assert advances == [400]


def test_damaged_finished_scores_are_repaired(served: Workspace, tmp_path: Path) -> None:
    run(served, tmp_path / "scores")
    before, times = contents(tmp_path / "scores"), mtimes(tmp_path / "scores")
    part = tmp_path / "scores" / "part-00004.parquet"
    part.write_bytes(b"")
    run(served, tmp_path / "scores")
    assert contents(tmp_path / "scores") == before
    kept = {name for name, time_ in mtimes(tmp_path / "scores").items() if time_ == times[name]}
    assert kept == {f"part-{place:05}.parquet" for place in range(4)}


def test_other_rows_another_model_or_another_part_size_start_over(served: Workspace, tmp_path: Path) -> None:
    half(served, tmp_path / "scores")
    assert [part.rows for part in run(served, tmp_path / "scores", 100).parts] == [100] * 4
    other = prepare(tmp_path / "other", shift=1.0)
    assert score(served.model, other.features, tmp_path / "scores", 100).features != sha256(
        served.features / "current.parquet"
    )
    signature = other.model / "signature.json"
    signature.write_text(signature.read_text().replace('"parity": 1e-05', '"parity": 2e-05'))
    found = score(other.model, other.features, tmp_path / "scores", 100)
    assert found.model == sha256(signature)
    assert len(scores(tmp_path / "scores")) == 400


def test_the_last_scores_stay_until_the_new_ones_are_complete(served: Workspace, tmp_path: Path) -> None:
    run(served, tmp_path / "scores", 100)
    before = contents(tmp_path / "scores")
    half(served, tmp_path / "scores")
    assert contents(tmp_path / "scores") == before


def test_a_damaged_model_is_not_used(served: Workspace, tmp_path: Path) -> None:
    copy = Workspace(tmp_path / "copy")
    shutil.copytree(served.root, copy.root)
    graph = copy.model / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:-1] + b"x")
    with pytest.raises(LockstepError, match=r"model\.onnx: damaged"):
        run(copy, tmp_path / "scores")
    assert not (tmp_path / "scores").exists()


def test_a_key_named_like_a_score_is_refused(served: Workspace, tmp_path: Path) -> None:
    copy = Workspace(tmp_path / "copy")
    shutil.copytree(served.root, copy.root)
    rewrite(copy, pq.read_table(copy.features / "current.parquet").rename_columns({"id": "probability"}))
    for path in (copy.features / "schema.json", copy.model / "signature.json"):
        path.write_text(path.read_text().replace('"key": "id"', '"key": "probability"'))
    with pytest.raises(LockstepError, match="'probability' is the name of a column of the scores"):
        run(copy, tmp_path / "scores")


def test_a_folder_without_scores_is_not_replaced(served: Workspace, tmp_path: Path) -> None:
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "thesis.txt").write_text("years of work")
    with pytest.raises(LockstepError, match="not a folder of scores"):
        run(served, tmp_path / "scores")
    assert (tmp_path / "scores" / "thesis.txt").read_text() == "years of work"


RUN = """
import sys, time
from pathlib import Path
from lockstep.operate.scoring.parts import score
model, features, output = map(Path, sys.argv[1:4])
def advance(rows):
    print(rows, flush=True)
    time.sleep(float(sys.argv[4]))
score(model, features, output, 30, advance)
"""


def start(workspace: Workspace, output: Path, seconds: float, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUN, *map(str, (workspace.model, workspace.features, output, seconds))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | environment)


def test_a_second_scorer_fails_and_may_retry(served: Workspace, tmp_path: Path) -> None:
    with start(served, tmp_path / "scores", 60) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "0\n"
        with pytest.raises(TransientError, match=r"process \d+ is scoring"):
            run(served, tmp_path / "scores")
        os.kill(first.pid, signal.SIGKILL)
    assert run(served, tmp_path / "scores").complete


def test_repeated_kills_give_the_same_bytes(served: Workspace, tmp_path: Path) -> None:
    """`kill -9` of a real process, so many seconds after its first new part."""
    run(served, tmp_path / "whole")
    output, codes = tmp_path / "scores", []
    for seconds in (0.0, 0.004, 0.012):
        with start(served, output, 0.0) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.stdout.readline()
            time.sleep(seconds)
            process.kill()
        codes.append(process.returncode)
        assert not output.exists() or ScoringManifest.read(output).complete
    assert -signal.SIGKILL in codes, "it was never killed in the middle"
    run(served, output)
    assert contents(output) == contents(tmp_path / "whole")
    assert read_json(output / "manifest.json")["complete"] is True
