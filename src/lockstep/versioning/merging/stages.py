"""Three versions of a lock become one, stage by stage: each stage is taken whole from a side, or is a conflict."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from lockstep.versioning.lockfile.lock import Execution

Hashes = Mapping[str, str]
"""Path -> hash of stages' outputs."""


@dataclass(frozen=True)
class Entry:
    """A stage of a lock: its lines, and the execution that they describe."""

    text: str
    execution: Execution


Stages = Mapping[str, Entry]


@dataclass(frozen=True)
class Conflict:
    """A stage that both sides changed differently."""

    ours: Entry
    theirs: Entry


@dataclass(frozen=True)
class Merged:
    """The merge of three versions.

    Attributes:
        stages: in the order of ours, then those that only theirs has, as DVC appends new stages.
        rerun: stages that both sides reran, neither with the inputs of the merged lock: `dvc repro` reruns them.
    """

    stages: Mapping[str, Entry | Conflict]
    rerun: tuple[str, ...] = ()

    @property
    def conflicts(self) -> dict[str, Conflict]:
        """The stages with a conflict."""
        return {name: one for name, one in self.stages.items() if isinstance(one, Conflict)}


def merge(base: Stages, ours: Stages, theirs: Stages) -> Merged:
    """Merge two locks that come from one.

    An entry is taken whole or not at all: it records what one run read and wrote, which stays true in any lock. DVC
    compares entries with the files, and reruns a stage whose entry does not match.
    """
    names = list(dict.fromkeys([*ours, *theirs]))
    settled: dict[str, Entry] = {}
    waiting: dict[str, Sides] = {}
    for name in names:
        was, mine, other = base.get(name), ours.get(name), theirs.get(name)
        if mine and other and mine != other and was not in (mine, other):
            waiting[name] = was, mine, other
        elif found := _settled(was, mine, other):
            settled[name] = found
    decided, rerun = _follow(settled, waiting)
    everything: dict[str, Entry | Conflict] = {**settled, **decided}
    return Merged({name: everything[name] for name in names if name in everything}, tuple(rerun))


def _settled(base: Entry | None, ours: Entry | None, theirs: Entry | None) -> Entry | None:
    """Return the entry of a stage that at most one side changed, None for a removed one.

    A stage that one side removed is dropped, even if the other changed it: dvc.yaml decides which stages exist, and
    `dvc repro` runs those without an entry.
    """
    return theirs if ours == base else ours if theirs in (base, ours) else None


Sides = tuple[Entry | None, Entry, Entry]


@dataclass(frozen=True)
class _Made:
    """The outputs of stages, and their hashes in the merged lock; outputs of stages to rerun have none."""

    paths: frozenset[str]
    hashes: Hashes = field(default_factory=dict)

    def has(self, path: str) -> bool:
        """Return whether a stage writes the path, something inside of it, or a folder that contains it."""
        around = {path, *map(str, PurePosixPath(path).parents)}
        return not around.isdisjoint(self.paths) or any(one.startswith(f"{path}/") for one in self.paths)

    def fit(self, entry: Entry) -> bool:
        """Return whether the entry's inputs have their hashes in the merged lock."""
        return all(self.hashes.get(pin.path) == pin.md5 for pin in entry.execution.deps if self.has(pin.path))

    def with_outs_of(self, entries: Sequence[Entry]) -> "_Made":
        return _Made(
            self.paths, {**self.hashes, **{pin.path: pin.md5 for one in entries for pin in one.execution.outs}}
        )


def _follow(settled: Stages, waiting: Mapping[str, Sides]) -> tuple[dict[str, Entry | Conflict], list[str]]:
    """Decide the stages that both sides changed, upstream stages first."""
    entries = [*settled.values(), *(side for sides in waiting.values() for side in sides if side)]
    made = _Made(frozenset(pin.path for one in entries for pin in one.execution.outs)).with_outs_of([*settled.values()])
    decided: dict[str, Entry | Conflict] = {}
    rerun = []
    for name in _in_order(waiting):
        found = decided[name] = _decide(*waiting[name], made)
        if isinstance(found, Entry) and made.fit(found):
            made = made.with_outs_of([found])
        elif isinstance(found, Entry):
            rerun.append(name)
    return decided, rerun


def _decide(base: Entry | None, ours: Entry, theirs: Entry, made: _Made) -> Entry | Conflict:
    """Return the merged entry of a stage that both sides changed, or a conflict."""
    was, mine, other = (_itself(side, made) for side in (base, ours, theirs))
    if mine != other:
        # If one side changed the stage itself, it wins: the other only reran it with other inputs.
        return ours if was == other else theirs if was == mine else Conflict(ours, theirs)
    fitting = [side for side in (ours, theirs) if made.fit(side)]
    if len(fitting) > 1:
        return Conflict(ours, theirs)  # same inputs, different outputs: either may be right
    return fitting[0] if fitting else ours


def _itself(entry: Entry | None, made: _Made) -> object:
    """Return what people change of a stage: all but the hashes of its outputs and of other stages' outputs."""
    if entry is None:
        return None
    one = entry.execution
    deps = {pin.path: None if made.has(pin.path) else pin.md5 for pin in one.deps}
    return one.cmd, set(one.params), deps, {pin.path for pin in one.outs}


def _in_order(waiting: Mapping[str, Sides]) -> Iterator[str]:
    """Yield each name after the stages whose outputs it reads; in a cycle, in the given order."""
    makes = {name: _paths(sides, "outs") for name, sides in waiting.items()}
    reads = {name: _paths(sides, "deps") for name, sides in waiting.items()}
    left = list(waiting)
    while left:
        free = (name for name in left if not any(makes[other] & reads[name] for other in left if other != name))
        chosen = next(free, left[0])
        left.remove(chosen)
        yield chosen


def _paths(sides: Sides, kind: str) -> set[str]:
    return {pin.path for side in sides if side for pin in getattr(side.execution, kind)}
