"""`gate --champion`, `promote`, retraining and `review` give the same answer for the same champion and challenger."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml

from lockstep.artifacts.evaluation import Reason
from lockstep.core.manifest import Manifest, describe
from lockstep.core.spec import read_document
from lockstep.core.workspace import Workspace
from lockstep.orchestrate import challenger as challenger_of
from lockstep.params.document import load_all
from lockstep.registry.promote import Force, promote
from lockstep.registry.register import register
from lockstep.workbench import gate
from lockstep.workbench.review.review import review, subject
from tests.integration import registered_workspace as made
from tests.integration.evaluated_workspace import run_evaluate
from tests.integration.pinned_repository import call, commit
from tests.integration.tracked_workspace import embedded, pin
from tests.unit.evaluation.samples import make_frame

pytestmark = pytest.mark.xdist_group("registry")

PIPELINE = """\
stages:
  evaluate:
    cmd: test -d data/reports/evaluation
    outs: [data/features, data/models/model, data/reports/evaluation]
"""
OTHER, NEWER = 4, 5
"""Versions that predict something else, and that were tested on a month that the others do not have."""
NAMES = made.NAMES | {OTHER: "other", NEWER: "newer"}


@dataclass(frozen=True)
class Answers:
    """The rule about the champion, as each of the four applies it."""

    gate: Reason
    promote: Reason
    retraining: Reason
    review: Reason


@pytest.fixture(scope="module")
def project(versions: made.Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """All versions, registered, and a tag of each in git whose outputs are in DVC's cache."""
    with embedded():
        workspace = made.copy_of(versions, tmp_path_factory.mktemp("rule") / "project")
        root = workspace.root
        call(root, "git", "init", "-q", "-b", "main")
        call(root, "dvc", "init", "-q")
        (root / "dvc.yaml").write_text(PIPELINE)
        (root / ".gitignore").write_text(".lockstep/\n/data\n")
        for number, name in NAMES.items():
            made.put(workspace, versions.results.get(number, versions.results[made.GOOD]))
            if number in (OTHER, NEWER):
                _predict_something_else(workspace) if number == OTHER else _add_a_month(workspace)
                pin(workspace)
                assert register(workspace).version.number == number
            (root / "dvc.lock").unlink()
            call(root, "dvc", "commit", "-q", "-f")
            commit(root)
            call(root, "git", "tag", name)
        yield workspace


def _predict_something_else(workspace: Workspace) -> None:
    params = read_document(workspace.params)
    params["problem"]["label"]["horizon"] = params["split"]["embargo"] = "60d"
    params["evaluate"]["bootstrap"] += 1
    workspace.params.write_text(yaml.safe_dump(params))
    run_evaluate(workspace)


def _add_a_month(workspace: Workspace) -> None:
    """Test the good model on the last snapshot and on one more."""
    path = workspace.features / "test.parquet"
    test = pd.read_parquet(path)
    newest = make_frame("binary", 150, 11, cutoff="2025-06-30")
    pd.concat([test[test["cutoff"] == test["cutoff"].max()], newest]).to_parquet(path, index=False)
    manifest = Manifest.read(workspace.features)
    tables = manifest.tables | {"test": describe(path, "cutoff")}
    manifest.model_copy(update={"tables": tables}).write(workspace.features)
    run_evaluate(workspace)


def ask(project: Workspace, champion: int, challenger: int, folder: Path) -> Answers:
    """Check the challenger out, and ask all four about it."""
    root, name = project.root, NAMES[champion]
    was = Workspace(folder)
    for tag, of in ((name, was), (NAMES[challenger], project)):
        call(root, "git", "checkout", "-q", tag)
        call(root, "dvc", "checkout", "-q")
        if of is was:
            call(root, "cp", "-r", "data", "params.yaml", str(folder))
    promote(project, champion, force=Force("to be the champion of this test"))
    decided = promote(project, challenger, dry=True).decision
    judged = gate.judge(project, name)
    served = challenger_of.Champion("0" * 40, load_all(was.params), was)
    retrained = challenger_of._decide(served, project)
    reviewed = review(subject(project, name, None)).verdict.promotion
    assert decided is not None
    assert reviewed is not None
    return Answers(*(_about(name, one.reasons) for one in (judged, decided, retrained)), reviewed)


def _about(name: str, rules: tuple[Reason, ...]) -> Reason:
    (found,) = [rule for rule in rules if re.search(rf"(than|with) ({name}|the champion)\b", rule.text)]
    return found.model_copy(update={"text": found.text.replace("the champion", name, 1)})


@pytest.mark.parametrize(
    ("champion", "challenger", "passed", "text"),
    [
        (made.WORSE, made.GOOD, True, "not worse than worse by more than promote.margin (0.02): ROC AUC"),
        (made.GOOD, made.EQUAL, True, "not worse than good by more than promote.margin (0.02): ROC AUC"),
        (made.GOOD, made.WORSE, False, "worse than good by more than promote.margin (0.02): ROC AUC"),
        (made.GOOD, OTHER, False, "not comparable with good: they predict different things: problem.label changed"),
    ],
)
def test_all_four_give_the_same_answer_with_the_same_numbers(
    project: Workspace, tmp_path: Path, champion: int, challenger: int, passed: bool, text: str
) -> None:
    found = ask(project, champion, challenger, tmp_path)
    assert found.gate == found.promote == found.retraining == found.review
    assert (found.gate.passed, found.gate.judged) == (passed, True)
    assert text in found.gate.text


def test_on_a_newer_test_split_three_run_the_champion_and_the_review_does_not_judge(
    project: Workspace, tmp_path: Path
) -> None:
    """A review runs no model: what it cannot judge, it neither passes nor breaks."""
    found = ask(project, made.EQUAL, NEWER, tmp_path)
    assert found.gate == found.promote == found.retraining
    assert "on 300 common rows" in found.gate.text
    assert (found.review.passed, found.review.judged) == (False, False)
    assert "only 150 of 300 test rows are common; `lockstep gate --champion equal` runs both" in found.review.text
