"""A learner from outside of the package runs through the whole pipeline; an unknown name is an error."""

import json
from pathlib import Path

import pytest
import yaml

from lockstep.artifacts.bundle import read_signature
from lockstep.artifacts.evaluation import Evaluation
from lockstep.core.errors import LockstepError
from lockstep.core.progress import Progress
from lockstep.core.spec import load
from lockstep.core.workspace import Workspace
from lockstep.learners import registry
from lockstep.params.document import load_all
from lockstep.pipeline.drift import stage as drift
from lockstep.pipeline.evaluate import stage as evaluate
from lockstep.pipeline.report import stage as report
from lockstep.pipeline.train import stage as train
from lockstep.pipeline.tune import stage as tune
from tests.contract.tree_learner import LEARNER
from tests.integration.evaluated_workspace import write_features, write_params, write_tables

SPACE = {"max_depth": {"type": "int", "low": 2, "high": 5}}


@pytest.fixture(autouse=True)
def no_learner_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})


def install(site: Path, target: str = "tests.contract.tree_learner:LEARNER") -> None:
    """Write what an installed plugin leaves: a distribution with an entry point."""
    folder = site / "lockstep_one_tree-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: lockstep-one-tree\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(f"[lockstep.learners]\none_tree = {target}\n")


@pytest.fixture(params=["register", "entry point"])
def plugged(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the learner known in one of the two ways."""
    if request.param == "register":
        registry.register(LEARNER)
    else:
        install(tmp_path / "site")
        monkeypatch.syspath_prepend(tmp_path / "site")


def project(root: Path, task: str = "binary") -> Workspace:
    """Return a workspace with features, whose params search and train the plugin's learner against another one."""
    workspace = Workspace(root)
    write_params(workspace, task)
    params = yaml.safe_load(workspace.params.read_text())
    other, space = next(iter(params["tune"]["space"].items()))
    searched = {"estimators": ["one_tree", other], "space": {"one_tree": SPACE, other: space}, "trials": 3, "folds": 2}
    params["tune"] |= searched
    params["split"] = {"by": "random", "valid": 0.2, "test": 0.2}
    params["train"] |= {"estimator": "one_tree", "params": {"min_samples_leaf": 7, "max_depth": None}}
    workspace.params.write_text(yaml.safe_dump(params))
    return workspace


@pytest.mark.slow
@pytest.mark.usefixtures("plugged")
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_plugins_learner_runs_through_the_whole_pipeline(tmp_path: Path, task: str) -> None:
    workspace = project(tmp_path, task)
    write_features(workspace, task)
    write_tables(workspace)
    for stage in (tune, train, evaluate, drift, report):
        stage.run(load(stage.Inputs, workspace.params), workspace, Progress(stage.__name__))
    best = json.loads((workspace.search / "best_params.json").read_text())
    assert "one_tree" in best["by_estimator"]
    signature = read_signature(workspace.model)
    assert signature.estimator == "one_tree"
    assert signature.params["min_samples_leaf"] == 7
    found = Evaluation.read(workspace.evaluation)
    assert found.explanation is not None
    assert all(feature.contribution is not None for feature in found.explanation.features)
    assert "one_tree" in (workspace.report / "report.html").read_text()


@pytest.mark.usefixtures("plugged")
def test_a_wrong_name_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    known = ", ".join((*registry.BUILT_IN, "one_tree"))
    with pytest.raises(LockstepError) as error:
        registry.learner("on_tree")
    assert str(error.value) == f"unknown learner 'on_tree': expected one of {known}; did you mean 'one_tree'?"
    workspace = project(tmp_path)
    workspace.params.write_text(workspace.params.read_text().replace("estimator: one_tree", "estimator: on_tree"))
    with pytest.raises(LockstepError) as error:
        load_all(workspace.params)
    expected = f"expected one of {known}; did you mean 'one_tree'?"
    assert any(expected in line and line.startswith("train.estimator: ") for line in error.value.details)


@pytest.mark.usefixtures("plugged")
def test_params_of_a_plugins_learner_are_checked_like_those_of_others(tmp_path: Path) -> None:
    workspace = project(tmp_path)
    workspace.params.write_text(workspace.params.read_text().replace("min_samples_leaf: 7", "min_samples_leaf: 0.5"))
    with pytest.raises(LockstepError) as error:
        load_all(workspace.params)
    assert error.value.details == (
        "train.params.min_samples_leaf: expected a whole number of at least 1 for one_tree; got 0.5",
    )


def test_a_name_is_given_once() -> None:
    registry.register(LEARNER)
    with pytest.raises(LockstepError, match="learner 'one_tree' exists already"):
        registry.register(LEARNER)


@pytest.mark.parametrize("target", ["lockstep.learners.estimators.ridge:LEARNER", "lockstep.learners.spec:NUMBER"])
def test_a_plugin_that_does_not_hold_its_learner_is_named(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, target)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LockstepError, match=f"entry point one_tree = {target}: expected a LearnerSpec named"):
        registry.learner("one_tree")


def test_nothing_in_the_package_names_the_plugins_learner() -> None:
    package = Path(registry.__file__).parents[1]
    assert [path for path in package.rglob("*.py") if "one_tree" in path.read_text(encoding="utf-8")] == []
