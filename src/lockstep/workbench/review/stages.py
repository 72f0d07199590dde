"""Part `stages`: rerun or still to run, why, and how long each took at its last run here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lockstep.core.durations import Durations
from lockstep.core.errors import LockstepError
from lockstep.workbench.check.freshness import judged, stale
from lockstep.workbench.lineage.difference import Change, changes
from lockstep.workbench.lineage.graph import folders
from lockstep.workbench.review.part import Part
from lockstep.workbench.review.side import PIPELINE, Side
from lockstep.workbench.review.store import FAULTS

Standing = Literal["to run", "rerun", "unchanged", "new", "removed", "not judged"]
DEEPEST = 100  # folders of a path; a deeper path is compared as a whole
DVCS = "only DVC can resolve foreach, matrix, wdir or ${}"


class Stage(Part):
    """A stage of the head.

    Attributes:
        name: as in dvc.yaml.
        standing: `to run`: dvc.lock is not up to date with params, code or upstream stages. `rerun`: the change has new
            results. `not judged`: only DVC can tell whether it is up to date.
        because: what changed: keys of params, paths, `cmd`.
        seconds: duration of its last run on this machine; None if it never ran here.
    """

    name: str
    standing: Standing
    because: tuple[str, ...] = ()
    evades: bool = False
    """It is not judged, although the base's was."""
    seconds: float | None = None


def stages(old: Side, new: Side, durations: Durations) -> tuple[Stage, ...]:
    """Return all stages of the head in the order of its dvc.yaml, and those that it no longer has.

    Raises:
        LockstepError: a dvc.yaml or dvc.lock cannot be read.
    """
    due = to_run(new)
    changed = {one.stage: one for one in changes(old.lock.executions, new.lock.executions)}
    names = [*new.pipeline, *(name for name in changed if name not in new.pipeline)]
    found = (_stage(name, due, changed, new, durations) for name in names)
    return tuple(_evading(one, old) for one in found)


def _evading(stage: Stage, old: Side) -> Stage:
    before = old.pipeline.get(stage.name)
    evades = stage.standing == "not judged" and before is not None and judged(before)
    return stage.model_copy(update={"evades": evades})


def _stage(
    name: str, due: Mapping[str, tuple[str, ...]], changed: Mapping[str, Change], new: Side, durations: Durations
) -> Stage:
    seconds = durations.last(name)
    if not new.lists(name):
        return Stage(name=name, standing="removed")
    if name in due:
        return Stage(name=name, standing="to run", because=due[name], seconds=seconds)
    if name in new.pipeline and not judged(new.pipeline[name]):
        return Stage(name=name, standing="not judged", because=(DVCS,), seconds=seconds)
    if name not in changed:
        return Stage(name=name, standing="unchanged", seconds=seconds)
    change = changed[name]
    because = (*(["cmd"] if change.cmd else []), *(param for param, _, _ in change.params), *change.read)
    return Stage(
        name=name, standing="new" if change.standing == "only here" else "rerun", because=because, seconds=seconds
    )


def to_run(side: Side) -> dict[str, tuple[str, ...]]:
    """Return the stages that `dvc repro` would run, each with what changed, or else its rerun inputs.

    Raises:
        LockstepError: dvc.yaml or dvc.lock cannot be read.
    """
    try:
        found = {name: tuple(why) for name, why in _stale(side).items()}
        makers = _Makers.of({path: name for name, stage in side.pipeline.items() for path in _outs(stage)})
        above = {name: {path: makers.find(path) for path in _deps(stage)} for name, stage in side.pipeline.items()}
    except FAULTS as error:
        raise LockstepError(f"{side.name}: {PIPELINE}: not one that can be read", [str(error)]) from error
    due = _below(found, above)
    return {
        name: found.get(name) or tuple(path for path, those in above[name].items() if due & those)
        for name in side.pipeline
        if name in due
    }


@dataclass(frozen=True)
class _Makers:
    """The stage that writes each path, and the stages that write into each folder."""

    paths: Mapping[str, str]
    inside: Mapping[str, set[str]]

    @classmethod
    def of(cls, paths: Mapping[str, str]) -> "_Makers":
        inside: dict[str, set[str]] = {}
        for path, name in paths.items():
            for folder in _folders(path):
                inside.setdefault(folder, set()).add(name)
        return cls(paths, inside)

    def find(self, path: str) -> set[str]:
        """Return the stages that write a path, a folder that contains it, or something inside of it."""
        wholes = {self.paths[one] for one in (path, *_folders(path)) if one in self.paths}
        return wholes | self.inside.get(path, set())


def _folders(path: str) -> list[str]:
    return folders(path) if path.count("/") < DEEPEST else []


def _below(due: Iterable[str], above: Mapping[str, Mapping[str, set[str]]]) -> set[str]:
    """Return stages and all that are downstream of them; cycles are allowed."""
    readers: dict[str, list[str]] = {}
    for name, paths in above.items():
        for maker in set().union(*paths.values()):
            readers.setdefault(maker, []).append(name)
    waiting = [*due]
    found = set(waiting)
    for name in waiting:  # what is appended meanwhile is walked too
        more = [one for one in readers.get(name, ()) if one not in found]
        found.update(more)
        waiting += more
    return found


def _stale(side: Side) -> dict[str, list[str]]:
    def values_of(file: str) -> Mapping[str, Any]:
        return side.params if file == "params.yaml" else side.document(file)

    listed = [path for stage in side.pipeline.values() for path in (*_deps(stage), *_outs(stage))]
    return stale(side.pipeline, side.lock, side.files.hashes(listed), values_of)


def _outs(stage: Any) -> Iterator[str]:
    for kind in ("outs", "metrics", "plots"):
        yield from _paths(stage, kind)


def _deps(stage: Any) -> Iterator[str]:
    return _paths(stage, "deps")


def _paths(stage: Any, kind: str) -> Iterator[str]:
    listed = stage.get(kind) if isinstance(stage, Mapping) else None
    for entry in listed if isinstance(listed, list) else ():
        yield str(next(iter(entry), "")) if isinstance(entry, Mapping) else str(entry)
