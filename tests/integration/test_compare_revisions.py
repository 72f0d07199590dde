"""`lockstep compare` on revisions of a repository: pinned predictions, an untouched checkout, short errors."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.decisions.gather.revisions import compare
from tests import commands
from tests.integration.repository import call, checkout, commit, state

PIPELINE = """\
stages:
  evaluate:
    cmd: test -d data/reports/evaluation
    params: [train.noise]
    outs: [data/reports/evaluation]
"""
PARAMS = {
    "seed": 7,
    "train": {"noise": 1.0},
    "problem": {"name": "churn", "task": "binary", "entity": "customer_id",
                "label": {"event": "orders", "measure": "absent", "horizon": "30d"}},
    "split": {"by": "time", "valid": 1, "test": 2, "embargo": "30d"},
    "evaluate": {"bootstrap": 100},
}  # fmt: skip


def write(root: Path, noise: float, *, threshold: float = 0.5, **changes: Any) -> None:
    """Predictions that are the worse the more noise, and what asks for them."""
    rows = np.arange(400)
    truth = np.random.default_rng(7).normal(size=400)
    seen = truth + noise * np.random.default_rng(int(noise * 10)).normal(size=400)
    frame = pd.DataFrame({"customer_id": rows // 2, "cutoff": pd.to_datetime(["2025-04-30", "2025-05-31"])[rows % 2]})
    frame = frame.assign(label=(truth > 0.3).astype(float), model_probability=(1 / (1 + np.exp(-seen))).round(6))
    place = Workspace(root).evaluation
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    frame.assign(segment_plan=np.where(rows % 3 == 0, "basic", "plus")).to_parquet(
        place / "predictions.parquet", index=False
    )
    evaluation = {"task": "binary", "decision": {"threshold": threshold, "rule": "f1"}, "of another version": 1}
    evaluation |= {"seed_deviation": 0.03} if noise < 2 else {}  # the noisiest model is of a single fit
    (place / "evaluation.json").write_text(json.dumps(evaluation))
    (root / "params.yaml").write_text(yaml.safe_dump(PARAMS | {"train": {"noise": noise}} | changes))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """main (noise 2) <- tag sharp (noise 0.5) <- branch other: another question; experiment `middle`."""
    root = tmp_path_factory.mktemp("compare") / "a project"
    checkout(root, {"dvc.yaml": PIPELINE})
    for step, (noise, changes) in enumerate(
        [(2.0, {}), (0.5, {}), (1.0, {"split": {"by": "random", "valid": 0.2, "test": 0.2}})]
    ):
        write(root, noise, **changes)
        call(root, "dvc", "commit", "-q", "-f")
        commit(root, f"step {step}")
        call(root, "git", "tag", f"step-{step}")
    call(root, "git", "checkout", "-q", "step-1", "-b", "sharp")
    write(root, 1.5)
    call(root, "dvc", "commit", "-q", "-f")
    call(root, "dvc", "exp", "save", "-q", "-n", "middle")
    call(root, "git", "checkout", "-q", ".")
    call(root, "dvc", "checkout", "-q")
    return root


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `lockstep compare` as a user does."""
    return commands.run(["lockstep", "compare", *arguments], root, os.environ | {"COLUMNS": "100"})


def test_a_tag_an_experiment_and_the_checkout_are_compared_and_nothing_is_touched(root: Path) -> None:
    before = state(root)
    sharper = compare(Workspace(root), "step-0", "sharp").outcome
    experiment = compare(Workspace(root), "sharp", "middle").outcome
    assert (sharper.verdict, experiment.verdict) == ("better", "worse")
    assert (sharper.rows, sharper.entities) == (400, 200)
    assert [level.level for level in sharper.segments[0].levels] == ["plus", "basic"]
    assert state(root) == before


def test_the_terminal_shows_verdict_metrics_tests_and_segments_and_json_says_the_same(root: Path) -> None:
    shown = run(root, "step-0", "sharp")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("sharp (")
    for text in ("is better than step-0", "ROC AUC", "DeLong", "McNemar", "not worse by 0.02?", "400 common rows"):
        assert text in shown.stdout
    found = json.loads(run(root, "sharp", "--json").stdout)
    assert (found["comparable"], found["verdict"], found["second"]["name"]) == (True, "equivalent", "workspace")


def test_a_gain_within_the_noise_of_the_seed_is_marked(root: Path) -> None:
    """1.96 standard deviations of the difference of two fits; nothing is said of a model that was fitted once."""
    worse = compare(Workspace(root), "sharp", "middle")
    assert worse.seed_noise == pytest.approx(1.96 * np.sqrt(2) * 0.03, abs=1e-6)
    assert compare(Workspace(root), "step-0", "sharp").seed_noise is None
    shown = run(root, "sharp", "workspace").stdout
    assert (
        "another seed alone moves this gain by up to 0.0832, 95% of the time: the gain may be due to the seed" in shown
    )


def test_models_that_are_not_comparable_are_a_result_and_not_an_error(root: Path) -> None:
    done = run(root, "sharp", "step-2")
    assert done.returncode == 0
    assert "not comparable: the split changed from time to random" in done.stdout.replace("\n", " ")
    found = compare(Workspace(root), "sharp", "step-2").as_json()
    assert (found["comparable"], "the split changed" in found["reason"]) == (False, True)


@pytest.mark.parametrize(
    ("revision", "message"),
    [
        ("shrap", "shrap: no git revision, and no experiment of that name; did you mean 'sharp'?"),
        ("-n", "No such option"),
    ],
)
def test_a_revision_that_does_not_exist_is_an_error_of_one_screen(root: Path, revision: str, message: str) -> None:
    done = run(root, "sharp", revision)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) < 20
    assert "Traceback" not in done.stderr


def test_missing_predictions_are_an_error_with_the_command_to_get_them(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "clone"
    call(root, "git", "clone", "-q", str(root), str(copy))
    with pytest.raises(
        LockstepError, match=r"step-0.*: data/reports/evaluation is not in DVC's cache or remote.*\n.*dvc repro"
    ):
        compare(Workspace(copy), "step-0", "sharp")
