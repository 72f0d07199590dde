"""The name of a study changes if and only if one of its trials could differ."""

import shutil
from inspect import getfile
from pathlib import Path

import pytest

from lockstep.learners.estimators import lightgbm, xgboost
from lockstep.learners.registry import BUILT_IN, learner
from lockstep.pipeline.tune import identity
from lockstep.tasks.registry import BUILT_IN as TASKS
from lockstep.tasks.registry import task
from lockstep.workbench.check.closure import Sources

PACKAGE = identity.PACKAGE
CODE = {"learners": [learner("xgboost")], "scorer": task("binary").search["f1"]}
OTHERS = {
    "artifacts.best_params": "is written when the search has ended",
    "learners.linear": "SHAP values",
    "learners.onnx_converters": "export",
    "learners.registry": "finds a learner, which is hashed itself",
    "learners.skops_file": "native files",
    "learners.tree_shap": "SHAP values",
    "pipeline.tune.hyperparameter_importance": "looks at finished trials",
    "pipeline.tune.identity": "the name itself",
    "pipeline.tune.inputs": "parses params.yaml, whose values are hashed",
    "pipeline.tune.results": "looks at finished trials",
    "pipeline.tune.stage": "reads, writes and reports",
    "pipeline.tune.storage": "stores trials",
    "pipeline.tune.workers": "locks",
    "tasks.registry": "finds a task, whose metric is hashed itself",
}
"""Modules that `tune` imports and that shape no trial, each with the reason."""


def name(**changed: object) -> str:
    return identity.study_name(**{"data": {"train": "a"}, "decisions": {"seed": 1}, **CODE, **changed})


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the package that the names of studies are digests of."""
    copy = tmp_path / "lockstep"
    shutil.copytree(identity.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(identity, "PACKAGE", copy)
    monkeypatch.setattr(identity, "getfile", lambda kind: copy / Path(getfile(kind)).relative_to(PACKAGE))
    return copy


def test_data_decisions_libraries_and_learners_make_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    first = name()
    assert first == name()
    others = {name(data={"train": "b"}), name(decisions={"seed": 2}), name(learners=[learner("ridge")])}
    monkeypatch.setattr(identity, "version", lambda name: f"{name} 9")
    others.add(name(scorer=task("binary").search["log_loss"]))
    assert len({first, *others, name()}) == 6


@pytest.mark.parametrize("module", [*identity.SHAPING, "learners.estimators.xgboost", "tasks.binary"])
def test_an_edit_of_a_module_that_shapes_trials_makes_another_name(module: str, edit: Path) -> None:
    before = name()
    with edit.joinpath(*module.split(".")).with_suffix(".py").open("a") as file:
        file.write("# edited\n")
    assert name() != before


def test_an_edit_of_other_modules_keeps_the_name(edit: Path) -> None:
    """Export, native files, explanation, storage; and learners that are not searched."""
    before = name()
    for module in (
        *OTHERS,
        "fitting.onnx_export",
        "fitting.native",
        "fitting.calibration_onnx",
        "learners.estimators.ridge",
    ):
        with edit.joinpath(*module.split(".")).with_suffix(".py").open("a") as file:
            file.write("# edited\n")
    assert name() == before


def test_every_module_that_tune_imports_either_shapes_trials_or_is_known_not_to() -> None:
    found = Sources(PACKAGE.parent).closure("lockstep.pipeline.tune.stage")
    imported = {module.removeprefix("lockstep.") for module in found}
    # What core reads and writes, and what params parse, is hashed as data and decisions.
    judged = {module for module in imported if module.split(".")[0] not in ("core", "params", "lockstep")}
    of_learners = {"learners.estimators", *(f"learners.estimators.{name}" for name in BUILT_IN)}
    of_tasks = {f"tasks.{name}" for name in TASKS}
    weighted = {module for module in judged if module.split(".")[0] == "statistics"}  # metrics of the test split
    assert sorted(judged - of_learners - of_tasks - weighted - set(identity.SHAPING) - set(OTHERS)) == []
    assert sorted((set(identity.SHAPING) | set(OTHERS)) - imported) == [], "listed and not imported"


def test_the_code_of_a_learner_is_the_file_of_its_class() -> None:
    assert [Path(getfile(type(one.LEARNER))).stem for one in (lightgbm, xgboost)] == ["lightgbm", "xgboost"]
