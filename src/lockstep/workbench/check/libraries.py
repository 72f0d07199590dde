"""Rule `libraries`: libraries.yaml holds the versions of requirements.lock, and these are installed.

A stage of dvc.yaml lists the libraries that shape its results as params of libraries.yaml, so that a new version of one
reruns the stages that use it and no others (docs/decisions/0023).
"""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lockstep.core.errors import LockstepError
from lockstep.core.files import whole_file
from lockstep.core.spec import read_document
from lockstep.workbench.check.finding import Finding, Skipped

RULE = "libraries"
FILE = "libraries.yaml"
LOCK = "requirements.lock"
HEADER = f"""\
# Versions in {LOCK} of the libraries that shape results. `make lock` writes this file.
# A stage of dvc.yaml lists its libraries as params: a new version reruns the stages that use it.
"""
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def libraries(root: Path, pipeline: Mapping[str, Any]) -> list[Finding] | Skipped:
    """Return where libraries.yaml, requirements.lock and the environment differ.

    Args:
        root: of the project.
        pipeline: the stages of dvc.yaml.
    """
    names = listed(pipeline)
    if not names:
        return Skipped(RULE, f"no stage of dvc.yaml lists a library of {FILE}")
    try:
        expected, found = locked(root, names), read_document(root / FILE)
    except LockstepError as error:
        return [Finding(RULE, FILE, f"a file that `make lock` wrote: {error}")]
    return [*_differences(FILE, found, expected, "run `make lock`"), *_installed(expected)]


def listed(pipeline: Mapping[str, Any]) -> list[str]:
    """Return the libraries that the stages of dvc.yaml list as params, sorted."""
    params = (param for stage in pipeline.values() if isinstance(stage, Mapping) for param in stage.get("params") or ())
    return sorted({name for param in params if isinstance(param, Mapping) for name in param.get(FILE) or ()})


def locked(root: Path, names: list[str]) -> dict[str, str]:
    """Return the version of each library in requirements.lock.

    Raises:
        LockstepError: there is no such file, or it does not pin one of them.
    """
    path = root / LOCK
    if not path.is_file():
        raise LockstepError(f"{path}: missing; `make lock` writes it")
    pinned = {_normal(name): number for name, number in _PINNED.findall(path.read_text(encoding="utf-8"))}
    missing = [name for name in names if _normal(name) not in pinned]
    if missing:
        raise LockstepError(f"{path}: expected a pinned version of {', '.join(missing)}, which dvc.yaml lists")
    return {name: pinned[_normal(name)] for name in names}


def write(root: Path) -> Path:
    """Write libraries.yaml from dvc.yaml and requirements.lock; return its path.

    Raises:
        LockstepError: see `locked`.
    """
    stages = read_document(root / "dvc.yaml").get("stages") or {}
    lines = [f'{name}: "{number}"\n' for name, number in locked(root, listed(stages)).items()]
    with whole_file(root / FILE) as partial:
        partial.write_text(HEADER + "".join(lines), encoding="utf-8")
    return root / FILE


def _differences(where: str, found: Mapping[str, Any], expected: Mapping[str, str], action: str) -> Iterator[Finding]:
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            wanted = f"{name} {expected[name]}" if name in expected else f"no {name}, which no stage lists"
            yield Finding(RULE, where, f"{wanted}; {action}")


def _installed(expected: Mapping[str, str]) -> Iterator[Finding]:
    for name, number in expected.items():
        found = _version(name)
        if found is not None and found != number:
            yield Finding(RULE, f"the environment has {name} {found}", f"{number}, as {LOCK} pins it")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:  # an extra that this environment does not need
        return None


def _normal(name: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
