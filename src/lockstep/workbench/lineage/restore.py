"""A workspace restored in another folder: code from git, data from DVC; every file is verified by its hash."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lockstep.core.commands import run
from lockstep.versioning.checkout_data import bring, copy, share_settings
from lockstep.versioning.lockfile.lock import Lock, Pin
from lockstep.versioning.pinned_files import Fault, faults
from lockstep.versioning.project import WORKSPACE, Project
from lockstep.versioning.worktree import add, remove
from lockstep.workbench.lineage.graph import Graph
from lockstep.workbench.lineage.restore_folder import check, partial
from lockstep.workbench.lineage.target import Target


@dataclass(frozen=True)
class Restored:
    """The restored folder, and how it differs from the original."""

    place: Path
    commit: str
    missing: tuple[Fault, ...]
    """Neither the cache nor the remote has them."""
    different: tuple[Fault, ...]
    """Their content does not match their hash: an object of the cache is damaged."""
    foreign: tuple[Fault, ...]
    """Code of the commit that differs from the hashes in its dvc.lock."""
    replaced: tuple[Pin, ...]
    """Results that the commit's dvc.lock does not have, restored by their hash."""
    notes: tuple[str, ...]

    @property
    def exact(self) -> bool:
        """Whether it is, byte for byte, the workspace that produced the target."""
        return not (self.missing or self.different or self.foreign or self.replaced)


def restore(project: Project, target: Target, to: Path) -> Restored:
    """Restore the workspace of a target in a new folder, which gets its name only when it is complete.

    Missing files are named. The user's checkout is not changed; the new one is a git worktree.

    Raises:
        LockstepError: the folder is not empty, or git or DVC cannot work there.
    """
    place = check(project.root, to)
    prefix = run(["git", "rev-parse", "--show-prefix"], project.root).strip("\n")
    growing = partial(place)
    try:
        commit = target.sources[0].origin.commits[0].hash
        add(project.root, growing, commit)
        done = _fill(project, target, growing / prefix, commit)
        found = _judge(project, done, growing / prefix, place / prefix, commit)
        if place.is_dir():
            place.rmdir()  # it is empty; git would move the checkout into it
        run(["git", "worktree", "move", "--force", "--force", str(growing), str(place)], project.root)
    except BaseException:
        remove(project.root, growing)
        raise
    return found


@dataclass(frozen=True)
class _Filled:
    lock: Lock
    replaced: tuple[Pin, ...]
    notes: tuple[str, ...]


def _fill(project: Project, target: Target, tree: Path, commit: str) -> _Filled:
    committed = project.at(commit, commit).lock
    share_settings(project.root, tree)
    notes = (*target.notes, *bring(project, tree, _data(committed)))
    replaced = tuple(_others(target, committed))
    for pin in replaced:
        copy(project.cache, pin, tree / pin.path)
    return _Filled(committed, replaced, notes)


def _judge(project: Project, done: _Filled, tree: Path, place: Path, commit: str) -> Restored:
    """Hash all files, and return the differences."""
    by_hash = {pin.path: pin for pin in done.replaced}
    data = faults(tree, [by_hash.get(pin.path, pin) for pin in _data(done.lock)], project.cache)
    return Restored(
        place,
        commit,
        missing=tuple(one for one in data if one.kind == "missing"),
        different=tuple(one for one in data if one.kind != "missing"),
        foreign=faults(tree, _code(done.lock), project.cache),
        replaced=done.replaced,
        notes=done.notes,
    )


def _data(lock: Lock) -> list[Pin]:
    """Return the outputs of stages, and other inputs under data/."""
    return [*lock.outs.values(), *(pin for pin in _given(lock) if pin.path.startswith("data/"))]


def _code(lock: Lock) -> list[Pin]:
    return [pin for pin in _given(lock) if not pin.path.startswith("data/")]


def _given(lock: Lock) -> Iterator[Pin]:
    """Yield inputs that no stage wrote, except those that a stage has overwritten: they no longer exist."""
    graph = Graph(lock)
    read = dict.fromkeys(pin for one in lock.executions for pin in one.deps)
    yield from (pin for pin in read if not graph.makers(pin) and not graph.stale(pin))


def _others(target: Target, committed: Lock) -> Iterator[Pin]:
    """Yield the results of a checkout or a version that the commit's lock does not have."""
    source = target.sources[0]
    wanted = source.lock.outs if source.origin.name == WORKSPACE else {}
    wanted = {**wanted, **{path: Pin(path, md5) for path, md5 in target.hashes.items() if path in committed.outs}}
    yield from (pin for path, pin in wanted.items() if committed.outs.get(path) != pin)
