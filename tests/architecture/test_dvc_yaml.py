"""dvc.yaml says of each stage exactly what the code says."""

import importlib
from pathlib import Path

import pytest
import yaml

from lockstep.params.base import tracked
from tests.architecture.closure import SOURCE, closure, file_of

ROOT = SOURCE.parent
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


def data_folders(package: Path) -> list[Path]:
    """Return the folders beside a package's modules that hold no module: templates and the like."""
    return [
        path for path in package.iterdir() if path.is_dir() and any(path.iterdir()) and not list(path.glob("*.py*"))
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_code_deps_are_the_import_closure(stage: str) -> None:
    """A helper three imports deep changes: the stages that import it rerun, the others do not."""
    code = {dep for dep in STAGES[stage]["deps"] if dep.startswith("src/")}
    files = {file for module in closure(f"lockstep.stages.{stage}") if (file := file_of(module))}
    # An empty __init__.py holds nothing that could change a result.
    imported = {str(file.relative_to(ROOT)) for file in files if file.stat().st_size}
    imported |= {str(folder.relative_to(ROOT)) for file in files for folder in data_folders(file.parent)}
    assert sorted(code - imported) == [], "not imported: remove from deps"
    assert sorted(imported - code) == [], "imported: add to deps"


@pytest.mark.parametrize("stage", STAGES)
def test_params_are_the_fields_of_the_stages_inputs(stage: str) -> None:
    inputs = importlib.import_module(f"lockstep.stages.{stage}").Inputs
    assert sorted(STAGES[stage]["params"]) == sorted(tracked(inputs))


def test_every_stage_module_is_a_stage_of_dvc_yaml() -> None:
    modules = {path.stem for path in (SOURCE / "lockstep" / "stages").glob("*.py")} - {"__init__"}
    assert modules == set(STAGES)


def test_everything_pinned_lies_under_data() -> None:
    for stage in STAGES.values():
        for kind in ("outs", "metrics"):
            for out in stage.get(kind, []):
                assert (out if isinstance(out, str) else next(iter(out))).startswith("data/")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_its_own_module(stage: str) -> None:
    assert STAGES[stage]["cmd"] == f"lockstep stage {stage}"
