"""Rebuild a revision in a clean clone, without a cache, and name the first stage that differs."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockstep.core.commands import environment_of, run
from lockstep.core.errors import LockstepError, shorten
from lockstep.core.spec import read_document
from lockstep.versioning.model_versions import Anchor, Versions
from lockstep.versioning.worktree import resolve

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


@dataclass(frozen=True)
class Proof:
    """What rebuilding a model version found: against the committed dvc.lock, and against what was recorded with it."""

    label: str
    commit: str
    locked: list[Difference]
    recorded: list[Difference]
    """`committed` is the hash that was recorded with the version."""


def verify(root: Path, revision: str) -> list[Difference]:
    """Clone `revision` of the repository at `root`, run `dvc repro` there, compare the two dvc.lock.

    The clone runs its own code with this environment's libraries; it shares no cache and no file
    with `root`.

    Raises:
        LockstepError: git or DVC fails, or the revision has no dvc.lock.
    """
    return differences(*_rebuild(root, revision))


def verify_version(root: Path, name: str, versions: Versions) -> Proof:
    """Rebuild the commit of a model version as `verify` does, and compare also with what was recorded with the version.

    Raises:
        LockstepError: there is no such version; its commit cannot make it again, because the checkout had changes or
            none was recorded; nothing was recorded that could be compared; or git or DVC fails.
    """
    anchor = versions.find(name)
    if anchor is None:
        raise LockstepError(f"{shorten(name)}: no such model version, and no such run")
    committed, rebuilt = _rebuild(root, _rebuildable(anchor), anchor)
    return Proof(
        anchor.label,
        _rebuildable(anchor),
        differences(committed, rebuilt),
        differences(_as_recorded(committed, anchor), rebuilt),
    )


def _rebuildable(anchor: Anchor) -> str:
    if anchor.commit is None:
        raise LockstepError(f"{anchor.label}: not rebuildable: no commit was recorded with it")
    if anchor.dirty:
        raise LockstepError(
            f"{anchor.label}: not rebuildable: it was made from a checkout with changes that no commit has",
            [f"`lockstep lineage {anchor.label}` shows what is known of it"],
        )
    return anchor.commit


def _as_recorded(committed: Lock, anchor: Anchor) -> Lock:
    """Return the lock's outputs of which something was recorded, under the hash that was."""
    return {
        name: {"deps": stage.get("deps", []), "outs": [{"path": path, "md5": anchor.hashes[path]} for path in found]}
        for name, stage in committed.items()
        if (found := [path for path in _hashes(stage, "outs") if path in anchor.hashes])
    }


def _rebuild(root: Path, revision: str, anchor: Anchor | None = None) -> tuple[Lock, Lock]:
    """Return dvc.lock as committed and as a clean clone makes it."""
    with tempfile.TemporaryDirectory(prefix="lockstep-verify-") as folder:
        clone = Path(folder) / "clone"
        run(["git", "clone", "--quiet", "--no-hardlinks", str(root), str(clone)], root)
        run(["git", "checkout", "--quiet", "--detach", resolve(root, revision)], clone)
        if not (clone / "dvc.lock").is_file():
            raise LockstepError(f"{revision}: no dvc.lock is committed; run `dvc repro`, then commit it")
        committed = read_document(clone / "dvc.lock").get("stages", {})
        if anchor and not _as_recorded(committed, anchor):
            raise LockstepError(f"{anchor.label}: no hash of an output was recorded with it: nothing to compare with")
        environment = environment_of(clone)
        run(["dvc", "cache", "dir", "--local", ".dvc/cache"], clone, environment)
        run(["dvc", "repro", "--no-run-cache", "--force"], clone, environment, quiet=False)
        return committed, read_document(clone / "dvc.lock").get("stages", {})


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
