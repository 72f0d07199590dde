"""A stage reruns when a library that shapes its results changes: dvc.yaml lists these as params of libraries.yaml."""

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from lockstep.core.spec import read_document
from lockstep.workbench.check.closure import Sources, running
from lockstep.workbench.check.libraries import FILE, libraries, listed

ROOT = Path(__file__).parents[2]
SOURCES = Sources(ROOT / "src")
STAGES = read_document(ROOT / "dvc.yaml")["stages"]
NEUTRAL = {
    "markupsafe": "escapes what Jinja writes",
    "mlflow": "publishes results that other stages made",
    "pathspec": "reads .dvcignore, which leaves nothing out of the data that stages hash",
    "pydantic": "parses params and small documents",
    "pydantic-core": "parses params and small documents",
    "rich": "draws on the terminal",
    "ruamel-yaml": "reads params.yaml, by the YAML 1.2 standard",
    "ruamel-yaml-clib": "reads params.yaml, by the YAML 1.2 standard",
    "tenacity": "retries",
    "threadpoolctl": "limits threads, and no result depends on their number",
}
"""Libraries that a stage imports and that do not shape what it pins, each with the reason."""
INDIRECT = {
    "adbc-driver-postgresql": "loaded by name, for the databases that it reads",
    "adbc-driver-sqlite": "loaded by name, for the databases that it reads",
    "scipy": "computes inside of scikit-learn and Optuna",
}
"""Libraries that shape results without an import statement in the stage's code."""
WITHOUT_METRICS = {"drift", "features", "report"}
"""Stages that ask a task for shapes and wording: no result of theirs depends on the libraries of its metrics."""


@pytest.mark.parametrize("stage", [name for name in STAGES if name != "track"])  # track pins nothing
def test_a_stage_lists_the_libraries_that_its_code_imports(stage: str) -> None:
    named = set(listed({stage: STAGES[stage]}))
    imported = distributions(stage)
    assert sorted(imported - named - set(NEUTRAL)) == [], f"imported: list them under {FILE}, or say why not"
    assert sorted(named - imported - set(INDIRECT)) == [], "listed and not imported"


def test_the_versions_are_those_of_requirements_lock_and_of_this_environment() -> None:
    assert libraries(ROOT, STAGES) == []


def distributions(stage: str) -> set[str]:
    """Return the distributions that the code of a stage imports, at the top or inside of functions."""
    known = packages_distributions()
    paths = {path for path in SOURCES.code_of(stage) if path.suffix == ".py"}
    if stage in WITHOUT_METRICS:
        paths = {path for path in paths if path.parent.name not in ("tasks", "statistics")}
    modules = {name for path in paths for name in third_party(path)}
    return {known[name][0].lower().replace(".", "-").replace("_", "-") for name in modules}


def third_party(path: Path) -> set[str]:
    found: set[str] = set()
    for node in running(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names - {"lockstep"}
