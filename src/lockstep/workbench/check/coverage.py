"""Rule `code`: the deps of each of Lockstep's stages in dvc.yaml hold all the code that the stage imports."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from lockstep.workbench.check.closure import Sources
from lockstep.workbench.check.finding import Finding, Skipped

RULE = "code"


def covers(root: Path, pipeline: Mapping[str, Any]) -> list[Finding] | Skipped:
    """Return the missing and the unused deps of dvc.yaml.

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
            imported = {PurePosixPath(path.relative_to(root).as_posix()) for path in sources.code_of(name)}
            found += _compare(name, imported, _code_deps(stage))
    return found


def _code_deps(stage: Mapping[str, Any]) -> set[PurePosixPath]:
    deps = (dep for dep in stage.get("deps") or () if isinstance(dep, str))
    return {PurePosixPath(dep) for dep in deps if dep.startswith("src/")}


def _compare(name: str, imported: set[PurePosixPath], listed: set[PurePosixPath]) -> Iterator[Finding]:
    where = f"dvc.yaml, stages.{name}.deps"
    for path in sorted(path for path in imported if not any(path.is_relative_to(dep) for dep in listed)):
        yield Finding(RULE, where, f"{path}, which the stage imports, or a folder that holds it")
    for dep in sorted(dep for dep in listed if not any(path.is_relative_to(dep) for path in imported)):
        yield Finding(RULE, where, f"no {dep}: the stage imports nothing from it")
