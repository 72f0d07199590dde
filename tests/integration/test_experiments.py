"""`lockstep experiments` on real experiments of DVC's, and on a real evaluation."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from lockstep.artifacts.evaluation import Evaluation
from lockstep.core.workspace import Workspace
from lockstep.workbench.experiments.show import show
from lockstep.workbench.experiments.table import table
from lockstep.workbench.experiments.tried import _interval, collect
from tests.integration.traced_repository import call, make_repository, params


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("experiments") / "shop")


def test_experiments_are_listed_with_head_and_their_changes(root: Path) -> None:
    found = {one.name: one for one in collect(root)}
    assert set(found) == {"HEAD", "tried"}
    assert (found["HEAD"].params["train.depth"], found["tried"].params["train.depth"]) == ("4", "9")
    assert "train.depth" in table(list(found.values())).columns
    assert "source.as_of" not in table(list(found.values())).columns, "what is the same everywhere says nothing"


def test_the_checkout_is_listed_once_it_differs_from_head(root: Path) -> None:
    params(root, "2025-06-30", 6)
    call(root, "dvc", "repro", "-q")
    try:
        assert {one.name: one.params["train.depth"] for one in collect(root)}["workspace"] == "6"
    finally:
        call(root, "git", "checkout", "-q", ".")
        call(root, "dvc", "checkout", "-q")


def test_experiments_of_other_commits_are_shown_when_asked_for(root: Path) -> None:
    call(root, "git", "checkout", "-q", "one")
    try:
        assert [one.name for one in collect(root)] == ["HEAD"]
        assert {one.name for one in collect(root, everywhere=True)} == {"HEAD", "tried"}
    finally:
        call(root, "git", "checkout", "-q", "main")


def test_the_interval_is_that_of_the_pinned_evaluation(pinned: Workspace) -> None:
    evaluation = Evaluation.read(pinned.evaluation)
    found, expected = _interval(evaluation), evaluation.main_score.model
    assert found is not None
    assert (found.value, found.low, found.high) == (expected.value, expected.low, expected.high)


def test_many_results_are_rows(root: Path) -> None:
    one = collect(root)[0]
    many = [type(one)(f"try-{number}", None, {"depth": str(number)}, {}) for number in range(6)]
    stream = io.StringIO()
    show(table(many), Console(file=stream, width=80))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 7
    assert [line.split()[0] for line in lines[1:]] == [f"try-{number}" for number in range(6)]
