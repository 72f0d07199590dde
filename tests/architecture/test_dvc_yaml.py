"""dvc.yaml says of each stage exactly what the code says."""

import importlib
from pathlib import Path

import pytest
import yaml

from lockstep.core.spec import tracked
from lockstep.workbench.check.closure import Sources
from lockstep.workbench.check.coverage import covers

ROOT = Path(__file__).parents[2]
SOURCES = Sources(ROOT / "src")
MOST_DEPS = 90
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


def test_a_stage_imports_nothing_outside_its_deps() -> None:
    """A module three imports deep changes: every stage that imports it reruns. No dep is there for nothing."""
    assert covers(ROOT, STAGES) == []


def test_code_deps_are_folders() -> None:
    code = {dep for stage in STAGES.values() for dep in stage["deps"] if dep.startswith("src/")}
    assert [dep for dep in code if not (ROOT / dep).is_dir()] == []


def test_the_list_of_deps_stays_readable() -> None:
    assert sum(len(stage["deps"]) for stage in STAGES.values()) <= MOST_DEPS


@pytest.mark.parametrize("stage", STAGES)
def test_params_are_the_fields_of_the_stages_inputs(stage: str) -> None:
    inputs = importlib.import_module(f"lockstep.pipeline.{stage}.stage").Inputs
    keys = [key for key in STAGES[stage]["params"] if isinstance(key, str)]
    assert sorted(keys) == sorted(tracked(inputs))


def test_every_stage_module_is_a_stage_of_dvc_yaml() -> None:
    assert set(SOURCES.stages) == set(STAGES)


def test_everything_pinned_lies_under_data() -> None:
    for stage in STAGES.values():
        for kind in ("outs", "metrics"):
            for out in stage.get(kind, []):
                assert (out if isinstance(out, str) else next(iter(out))).startswith("data/")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_its_own_module(stage: str) -> None:
    assert STAGES[stage]["cmd"] == f"lockstep stage {stage}"
