"""dvc.yaml says of each stage exactly what the code says."""

import importlib
from pathlib import Path

import pytest
import yaml

from lockstep.checking.closure import Sources
from lockstep.params.base import tracked

ROOT = Path(__file__).parents[2]
SOURCES = Sources(ROOT / "src")
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


@pytest.mark.parametrize("stage", STAGES)
def test_code_deps_are_the_import_closure(stage: str) -> None:
    """A helper three imports deep changes: the stages that import it rerun, the others do not."""
    code = {dep for dep in STAGES[stage]["deps"] if dep.startswith("src/")}
    imported = {str(path.relative_to(ROOT)) for path in SOURCES.code_of(f"lockstep.stages.{stage}")}
    assert sorted(code - imported) == [], "not imported: remove from deps"
    assert sorted(imported - code) == [], "imported: add to deps"


@pytest.mark.parametrize("stage", STAGES)
def test_params_are_the_fields_of_the_stages_inputs(stage: str) -> None:
    inputs = importlib.import_module(f"lockstep.stages.{stage}").Inputs
    assert sorted(STAGES[stage]["params"]) == sorted(tracked(inputs))


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
