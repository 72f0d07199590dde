"""Rule `lock`: dvc.lock matches dvc.yaml, params and code, and its stages match each other.

Data is not hashed: `dvc status` does that.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lockstep.versioning.lockfile.lock import Execution, Lock, params
from lockstep.workbench.check.finding import Finding

RULE = "lock"
SHOWN = 3  # of what changed in a stage
DEFAULT = "params.yaml"
ELSEWHERE = frozenset(("foreach", "matrix", "wdir"))
"""Keys of a stage that expand to several stages, or that change what paths are relative to."""
_UNKNOWN = "?"

Hash = Callable[[str], str | None]
"""Path -> hash of its content; None if it does not exist."""
Values = Callable[[str], Mapping[str, Any]]
"""Path of a params file -> its content."""


def fresh(pipeline: Mapping[str, Any], lock: Lock, hash_of: Hash, values_of: Values) -> list[Finding]:
    """Return the stages that `dvc repro` would run again, as far as that is known without hashing data."""
    found = []
    for name, changed in stale(pipeline, lock, hash_of, values_of).items():
        more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
        found.append(Finding(RULE, f"dvc.lock, {name}: {', '.join(changed[:SHOWN])}{more}", "run `dvc repro`"))
    return found


def stale(pipeline: Mapping[str, Any], lock: Lock, hash_of: Hash, values_of: Values) -> dict[str, list[str]]:
    """Return the stages that differ from dvc.lock, and what changed in each; downstream stages are not listed.

    Args:
        pipeline: the stages of dvc.yaml. Only DVC can resolve `foreach`, `matrix`, `wdir` and `${}`: such stages are
            not judged.
        lock: of dvc.lock.
        hash_of: returns the hash of a path.
        values_of: returns the content of a params file.
    """
    runs = {one.stage: one for one in lock.executions}
    made = {path: pin.md5 for path, pin in lock.outs.items()}
    found: dict[str, list[str]] = {}
    for name, stage in pipeline.items():
        if judged(stage):
            changed = [*_changed(stage, runs[name], made, hash_of, values_of)] if name in runs else ["not in dvc.lock"]
            found |= {name: changed} if changed else {}
    return found


def judged(stage: Any) -> bool:
    """Return whether a stage of dvc.yaml can be judged here; only DVC can resolve the others."""
    if not isinstance(stage, Mapping) or "cmd" not in stage or ELSEWHERE & set(stage):
        return False
    return "${" not in json.dumps(stage)


def _changed(
    stage: Mapping[str, Any], run: Execution, made: Mapping[str, str], hash_of: Hash, values_of: Values
) -> Iterator[str]:
    command = stage["cmd"] if isinstance(stage["cmd"], str) else " && ".join(stage["cmd"])
    if command != run.cmd:
        yield "cmd"
    yield from _changed_params(stage, run, values_of)
    read = {pin.path: pin.md5 for pin in run.deps}
    listed = {_path(dep) for dep in stage.get("deps") or ()}
    outs = {_path(out): out for kind in ("outs", "metrics", "plots") for out in stage.get(kind) or ()}
    yield from sorted((listed ^ set(read)) | (set(outs) ^ {pin.path for pin in run.outs}))
    now = {path: made.get(path) or _code(path, hash_of) for path in listed & set(read)}
    # What is in git may come from another branch than the lock.
    now |= {path: hash_of(path) for path, out in outs.items() if _in_git(path, out)}
    recorded = {pin.path: pin.md5 for pin in run.outs} | read
    yield from sorted(path for path, md5 in now.items() if md5 != _UNKNOWN and recorded.get(path) not in (md5, ""))


def _code(path: str, hash_of: Hash) -> str | None:
    """Return the hash of an input that no stage writes; unknown for data, which `dvc add` tracks."""
    return _UNKNOWN if path.startswith("data/") else hash_of(path)


def _in_git(path: str, out: Any) -> bool:
    return isinstance(out, Mapping) and (out[path] or {}).get("cache") is False


def _changed_params(stage: Mapping[str, Any], run: Execution, values_of: Values) -> Iterator[str]:
    recorded = {param.name: param.value for param in run.params}
    now = {
        param.name: param.value
        for file, key in _keys(stage, values_of)
        for param in params({file: {key: _lookup(values_of(file), key)}})
    }
    yield from sorted(name for name in now.keys() | recorded.keys() if now.get(name) != recorded.get(name))


def _keys(stage: Mapping[str, Any], values_of: Values) -> Iterator[tuple[str, str]]:
    for entry in stage.get("params") or ():
        if isinstance(entry, str):
            yield DEFAULT, entry
        else:  # a file without keys: all of them
            yield from ((file, key) for file, keys in entry.items() for key in keys or values_of(file))


def _lookup(values: Any, key: str) -> Any:
    for part in key.split("."):
        values = values.get(part) if isinstance(values, Mapping) else None
    return values


def _path(dep: Any) -> str:
    return str(dep if isinstance(dep, str) else next(iter(dep)))
