"""Rebuild a revision in a clean clone, without a cache, and name the first stage that differs."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockstep.commands import environment_of, run
from lockstep.errors import LockstepError
from lockstep.params.base import read_document

Lock = Mapping[str, Mapping[str, Any]]
"""Stage -> what dvc.lock says of it."""


@dataclass(frozen=True)
class Difference:
    """An output whose hash is not the committed one."""

    stage: str
    path: str
    committed: str
    rebuilt: str


def differences(committed: Lock, rebuilt: Lock) -> list[Difference]:
    """Return the outputs that differ, stages in the order in which they run."""
    return [
        Difference(stage, path, md5, found.get(path, "missing"))
        for stage in _in_order(committed)
        for found in [_hashes(rebuilt.get(stage, {}), "outs")]
        for path, md5 in _hashes(committed[stage], "outs").items()
        if found.get(path) != md5
    ]


def verify(root: Path, revision: str) -> list[Difference]:
    """Clone `revision` of the repository at `root`, run `dvc repro` there, compare the two dvc.lock.

    The clone runs its own code with this environment's libraries; it shares no cache and no file
    with `root`.

    Raises:
        LockstepError: git or DVC fails, or the revision has no dvc.lock.
    """
    with tempfile.TemporaryDirectory(prefix="lockstep-verify-") as folder:
        clone = Path(folder) / "clone"
        run(["git", "clone", "--quiet", "--no-hardlinks", str(root), str(clone)], root)
        run(["git", "checkout", "--quiet", "--detach", _commit(root, revision)], clone)
        if not (clone / "dvc.lock").is_file():
            raise LockstepError(f"{revision}: no dvc.lock is committed; run `dvc repro`, then commit it")
        committed = read_document(clone / "dvc.lock").get("stages", {})
        environment = environment_of(clone)
        run(["dvc", "cache", "dir", "--local", ".dvc/cache"], clone, environment)
        run(["dvc", "repro", "--no-run-cache", "--force"], clone, environment, quiet=False)
        return differences(committed, read_document(clone / "dvc.lock").get("stages", {}))


def _in_order(lock: Lock) -> Iterator[str]:
    """Yield stages so that each comes after those whose outputs it reads."""
    waiting = dict(lock)
    while waiting:
        made = {path for stage in waiting.values() for path in _hashes(stage, "outs")}
        ready = [name for name, stage in waiting.items() if not _reads(stage, made)]
        for name in ready or list(waiting):  # a lock that was edited into a circle still ends
            yield name
            del waiting[name]


def _reads(stage: Mapping[str, Any], paths: set[str]) -> bool:
    return any(dep == path or dep.startswith(f"{path}/") for dep in _hashes(stage, "deps") for path in paths)


def _hashes(stage: Mapping[str, Any], kind: str) -> dict[str, str]:
    return {entry["path"]: entry.get("md5", "") for entry in stage.get(kind, [])}


def _commit(root: Path, revision: str) -> str:
    return run(["git", "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"], root).strip()
