"""Three versions of a lock become one, stage by stage: each stage is taken whole from a side, or is a conflict."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from lockstep.versioning.lockfile.lock import Execution

Hashes = Mapping[str, str]
"""Path -> hash of what stages made."""


@dataclass(frozen=True)
class Entry:
    """A stage as a lock has it: its lines, and what they say. Same lines, same entry."""

    text: str
    execution: Execution


Stages = Mapping[str, Entry]


@dataclass(frozen=True)
class Twice:
    """A stage that both sides changed, each in its own way."""

    ours: Entry
    theirs: Entry


@dataclass(frozen=True)
class Merged:
    """The merge of three versions.

    Attributes:
        stages: in the order of ours, then those that only theirs has, as DVC appends new stages.
        again: names of those that both sides reran, neither with the inputs of the merged lock: `dvc repro` decides.
    """

    stages: Mapping[str, Entry | Twice]
    again: tuple[str, ...] = ()

    @property
    def conflicts(self) -> dict[str, Twice]:
        """The stages with a conflict."""
        return {name: one for name, one in self.stages.items() if isinstance(one, Twice)}


def merge(base: Stages, ours: Stages, theirs: Stages) -> Merged:
    """Return one lock for two.

    An entry is taken whole or not at all: it says what one run read and made, and stays true wherever it stands. DVC
    compares it with the files, so that one that does not fit what was merged around it is run again, never believed.
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
    decided, again = _follow(settled, waiting)
    everything: dict[str, Entry | Twice] = {**settled, **decided}
    return Merged({name: everything[name] for name in names if name in everything}, tuple(again))


def _settled(base: Entry | None, ours: Entry | None, theirs: Entry | None) -> Entry | None:
    """Return what needs no more thought.

    A stage that one side removed is gone, whatever the other did: dvc.yaml says which stages there are, and `dvc repro`
    runs one that is there and has no entry.
    """
    return theirs if ours == base else ours if theirs in (base, ours) else None


Sides = tuple[Entry | None, Entry, Entry]


@dataclass(frozen=True)
class _Made:
    """What stages make, by path, and under which hash the merged lock has it: none, where it is made again."""

    paths: frozenset[str]
    hashes: Hashes = field(default_factory=dict)

    def has(self, path: str) -> bool:
        """Return whether a stage makes what lies there, all of it or a part, or what it is a part of."""
        around = {path, *map(str, PurePosixPath(path).parents)}
        return not around.isdisjoint(self.paths) or any(one.startswith(f"{path}/") for one in self.paths)

    def fit(self, entry: Entry) -> bool:
        """Return whether a stage read what the merged lock says was made."""
        return all(self.hashes.get(pin.path) == pin.md5 for pin in entry.execution.deps if self.has(pin.path))

    def with_outs_of(self, entries: Sequence[Entry]) -> "_Made":
        return _Made(
            self.paths, {**self.hashes, **{pin.path: pin.md5 for one in entries for pin in one.execution.outs}}
        )


def _follow(settled: Stages, waiting: Mapping[str, Sides]) -> tuple[dict[str, Entry | Twice], list[str]]:
    """Decide the stages that both sides changed, each after those that it reads from."""
    entries = [*settled.values(), *(side for sides in waiting.values() for side in sides if side)]
    made = _Made(frozenset(pin.path for one in entries for pin in one.execution.outs)).with_outs_of([*settled.values()])
    decided: dict[str, Entry | Twice] = {}
    again = []
    for name in _in_order(waiting):
        found = decided[name] = _decide(*waiting[name], made)
        if isinstance(found, Entry) and made.fit(found):
            made = made.with_outs_of([found])
        elif isinstance(found, Entry):
            again.append(name)
    return decided, again


def _decide(base: Entry | None, ours: Entry, theirs: Entry, made: _Made) -> Entry | Twice:
    """Return what becomes of a stage that both sides changed, given what the merged lock says of those before it."""
    was, mine, other = (_itself(side, made) for side in (base, ours, theirs))
    if mine != other:
        # Where one side changed the stage itself, the other one only followed what it reads.
        return ours if was == other else theirs if was == mine else Twice(ours, theirs)
    fitting = [side for side in (ours, theirs) if made.fit(side)]
    if len(fitting) > 1:
        return Twice(ours, theirs)  # made of the same, and not the same: nothing says which one is right
    return fitting[0] if fitting else ours


def _itself(entry: Entry | None, made: _Made) -> object:
    """Return what a person changes of a stage: all but the hashes that follow from stages before it, or from itself."""
    if entry is None:
        return None
    one = entry.execution
    deps = {pin.path: None if made.has(pin.path) else pin.md5 for pin in one.deps}
    return one.cmd, set(one.params), deps, {pin.path for pin in one.outs}


def _in_order(waiting: Mapping[str, Sides]) -> Iterator[str]:
    """Yield each name after those that make what it reads; where they run in a circle, in the order given."""
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
