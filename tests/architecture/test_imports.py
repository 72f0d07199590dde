"""Importing does nothing, and a stage loads no library that it does not use."""

import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__") for path in SOURCE.rglob("*.py")
)
HEAVY = ("pandas", "sklearn", "xgboost", "optuna", "onnx", "matplotlib", "pandera", "ibis", "duckdb", "scipy", "dvc")


def imported(module: str, folder: Path) -> set[str]:
    """Return the top-level modules loaded after importing one module in a new process."""
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_the_command_line_loads_nothing_heavy(tmp_path: Path) -> None:
    assert imported("lockstep.cli", tmp_path).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    ("stage", "unused"),
    [
        ("simulate", {"pandera", "sklearn", "xgboost", "ibis"}),
        ("ingest", {"pandera", "sklearn", "xgboost", "matplotlib", "ibis"}),
        ("process", {"sklearn", "xgboost", "matplotlib", "ibis", "sqlalchemy"}),
        ("features", {"sklearn", "xgboost", "matplotlib", "pandera", "sqlalchemy"}),
        ("drift", {"sklearn", "xgboost", "matplotlib", "pandera", "ibis", "sqlalchemy"}),
    ],
)
def test_a_stage_loads_no_library_that_it_does_not_use(stage: str, unused: set[str], tmp_path: Path) -> None:
    assert imported(f"lockstep.pipeline.{stage}.stage", tmp_path).isdisjoint(unused)


def test_importing_every_module_makes_nothing_and_says_nothing(tmp_path: Path) -> None:
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = subprocess.run(
        [sys.executable, "-c", code, *MODULES], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []
