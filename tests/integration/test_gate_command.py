"""`lockstep gate`: the pinned verdict, the latency measured here, and an exit code that a job can act on."""

import os
import subprocess
from pathlib import Path

import pytest

from lockstep.artifacts.evaluation import Evaluation
from lockstep.core.workspace import Workspace
from lockstep.decisions.gather import gate as gathering
from lockstep.workbench import gate as judging
from tests import commands
from tests.integration.evaluated_workspace import build, contents, run_evaluate, write_params

GATES = {"min": {"roc_auc": 0.5}, "latency_ms": 60_000.0, "beat_baselines": False}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = build(tmp_path_factory.mktemp("gate"), "binary", gates=GATES)
    run_evaluate(workspace)
    return workspace


def run(workspace: Workspace) -> subprocess.CompletedProcess[str]:
    return commands.run(["lockstep", "gate"], workspace.root, os.environ | {"COLUMNS": "200"})


def test_a_latency_is_never_pinned(workspace: Workspace) -> None:
    rules = Evaluation.read(workspace.evaluation).gate.reasons
    (waiting,) = [rule for rule in rules if not rule.judged]
    assert waiting.text == "latency of one row, at most 60000 ms: not pinned, `lockstep gate` measures it"


def test_the_command_measures_shows_reasons_and_exits_by_the_verdict(workspace: Workspace) -> None:
    before = contents(workspace.root / "data")
    done = run(workspace)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "gate  pass"), done.stderr
    assert "expected at most 60000 ms" in done.stdout
    assert "not pinned" not in done.stdout
    assert contents(workspace.root / "data") == before


def test_a_row_that_takes_too_long_breaks_the_gate(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "measure", lambda *_: 70_000.0)
    verdict = judging.judge(workspace)
    assert not verdict.passed
    assert verdict.reasons[0].text == "latency of one row is 70000.00 ms, expected at most 60000 ms"


def test_a_broken_pinned_rule_exits_with_one(tmp_path: Path) -> None:
    workspace = build(tmp_path, "binary", gates={"min": {"roc_auc": 0.9999}})
    run_evaluate(workspace)
    done = run(workspace)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "gate  fail"
    assert "✗ roc_auc is" in done.stdout
    write_params(workspace, "binary", gates={"min": {"roc_auk": 0.9}})
    typo = run(workspace)
    assert (typo.returncode, "Traceback" in typo.stderr) == (2, False)
