"""Rebuild a revision in a clean clone, without a cache, and name the outputs that differ."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lockstep.core.commands import environment_of, run
from lockstep.core.errors import LockstepError, shorten
from lockstep.versioning.lockfile.lock import LOCK, Execution, Lock, Pin, lock_text, read_lock
from lockstep.versioning.model_versions import ModelRecord, Versions
from lockstep.versioning.worktree import resolve


@dataclass(frozen=True)
class Difference:
    """An output whose hash is not the committed one."""

    stage: str
    path: str
    committed: str
    rebuilt: str


def differences(committed: Lock, rebuilt: Lock) -> list[Difference]:
    """Return the outputs that differ, stages in the order in which they run."""
    found = rebuilt.outs
    return [
        Difference(stage.stage, out.path, out.md5, found[out.path].md5 if out.path in found else "missing")
        for stage in _in_order(committed.executions)
        for out in stage.outs
        if found.get(out.path) != out
    ]


@dataclass(frozen=True)
class Proof:
    """Differences of a rebuilt model version from the committed dvc.lock and from the recorded hashes."""

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
        LockstepError: there is no such version; its commit cannot reproduce it, because the checkout had changes or no
            commit was recorded; nothing was recorded that could be compared; or git or DVC fails.
    """
    record = versions.find(name)
    if record is None:
        raise LockstepError(f"{shorten(name)}: no such model version, and no such run")
    committed, rebuilt = _rebuild(root, _rebuildable(record), record)
    return Proof(
        record.label,
        _rebuildable(record),
        differences(committed, rebuilt),
        differences(_as_recorded(committed, record), rebuilt),
    )


def _rebuildable(record: ModelRecord) -> str:
    if record.commit is None:
        raise LockstepError(f"{record.label}: not rebuildable: no commit was recorded with it")
    if record.dirty:
        raise LockstepError(
            f"{record.label}: not rebuildable: the checkout that trained it had uncommitted changes",
            [f"`lockstep lineage {record.label}` shows what is known of it"],
        )
    return record.commit


def _as_recorded(committed: Lock, record: ModelRecord) -> Lock:
    """Return the lock's recorded outputs, under the hash that was recorded."""
    stages = (
        replace(
            stage, outs=tuple(Pin(out.path, record.hashes[out.path]) for out in stage.outs if out.path in record.hashes)
        )
        for stage in committed.executions
    )
    return Lock(tuple(stage for stage in stages if stage.outs))


def _rebuild(root: Path, revision: str, record: ModelRecord | None = None) -> tuple[Lock, Lock]:
    """Return dvc.lock as committed and as a clean clone reproduces it."""
    with tempfile.TemporaryDirectory(prefix="lockstep-verify-") as folder:
        clone = Path(folder) / "clone"
        run(["git", "clone", "--quiet", "--no-hardlinks", str(root), str(clone)], root)
        run(["git", "checkout", "--quiet", "--detach", resolve(root, revision)], clone)
        if not (clone / LOCK).is_file():
            raise LockstepError(f"{revision}: no dvc.lock is committed; run `dvc repro`, then commit it")
        committed = read_lock(lock_text(clone), f"{revision}: {LOCK}")
        if record and not _as_recorded(committed, record).executions:
            raise LockstepError(f"{record.label}: no hash of an output was recorded with it: nothing to compare with")
        environment = environment_of(clone)
        run(["dvc", "cache", "dir", "--local", ".dvc/cache"], clone, environment)
        run(["dvc", "repro", "--no-run-cache", "--force"], clone, environment, quiet=False)
        return committed, read_lock(lock_text(clone), str(clone / LOCK))


def _in_order(stages: Iterable[Execution]) -> Iterator[Execution]:
    """Yield stages so that each comes after those whose outputs it reads."""
    waiting = list(stages)
    while waiting:
        made = {out.path for stage in waiting for out in stage.outs}
        ready = [stage for stage in waiting if not _reads(stage, made)] or waiting  # a cycle ends too
        yield from ready
        waiting = [stage for stage in waiting if stage not in ready]


def _reads(stage: Execution, paths: set[str]) -> bool:
    return any(dep.path == path or dep.path.startswith(f"{path}/") for dep in stage.deps for path in paths)
