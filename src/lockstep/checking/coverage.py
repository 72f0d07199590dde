"""Rule `code`: dvc.yaml lists for each of Lockstep's stages exactly the code that it imports."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lockstep.checking.closure import Sources
from lockstep.checking.finding import Finding, Skipped

RULE = "code"


def covers(root: Path, pipeline: Mapping[str, Any]) -> list[Finding] | Skipped:
    """Return what dvc.yaml lists too little or too much.

    Args:
        root: of the project.
        pipeline: the stages of dvc.yaml.
    """
    sources = Sources(root / "src")
    if not sources.stages:
        return Skipped(
            RULE, "Lockstep is installed, not part of this project; its version is pinned with the libraries"
        )
    found: list[Finding] = []
    for name, stage in pipeline.items():
        if isinstance(stage, Mapping) and stage.get("cmd") == f"lockstep stage {name}" and name in sources.stages:
            paths = sources.code_of(f"lockstep.stages.{name}")
            found += _compare(name, {path.relative_to(root).as_posix() for path in paths}, _code_deps(stage))
    return found


def _code_deps(stage: Mapping[str, Any]) -> set[str]:
    return {dep for dep in stage.get("deps") or () if isinstance(dep, str) and dep.startswith("src/")}


def _compare(name: str, imported: set[str], listed: set[str]) -> Iterator[Finding]:
    for path in sorted(imported - listed):
        yield Finding(RULE, f"dvc.yaml, stages.{name}.deps", f"{path}, which the stage imports")
    for path in sorted(listed - imported):
        yield Finding(RULE, f"dvc.yaml, stages.{name}.deps", f"no {path}, which the stage does not import")
