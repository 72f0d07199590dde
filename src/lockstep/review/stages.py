"""Part `stages`: which were made anew, which `dvc repro` has still to make, why, and how long each took here last."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from lockstep.checking.freshness import stale
from lockstep.durations import Durations
from lockstep.lineage.difference import Change, changes
from lockstep.review.part import Part
from lockstep.review.side import Side

Standing = Literal["to run", "made anew", "unchanged", "new", "gone"]


class Stage(Part):
    """A stage of the head.

    Attributes:
        name: as in dvc.yaml.
        standing: `to run`: dvc.lock is not up to date with params, code or what stands above it. `made anew`: its
            results were pinned by the change.
        because: what changed: keys of params, paths, `cmd`.
        seconds: that it took when it last ran on this machine; None where it never did.
    """

    name: str
    standing: Standing
    because: tuple[str, ...] = ()
    seconds: float | None = None


def stages(old: Side, new: Side, durations: Durations) -> tuple[Stage, ...]:
    """Return all stages of the head in the order of its dvc.yaml, and those that it no longer has.

    Raises:
        LockstepError: a dvc.yaml or dvc.lock cannot be read.
    """
    due = to_run(new)
    changed = {one.stage: one for one in changes(old.lock.executions, new.lock.executions)}
    names = [*new.pipeline, *(name for name in changed if name not in new.pipeline)]
    return tuple(_stage(name, due, changed, new, durations) for name in names)


def _stage(
    name: str, due: Mapping[str, tuple[str, ...]], changed: Mapping[str, Change], new: Side, durations: Durations
) -> Stage:
    seconds = durations.last(name)
    if name not in new.pipeline:
        return Stage(name=name, standing="gone")
    if name in due:
        return Stage(name=name, standing="to run", because=due[name], seconds=seconds)
    if name not in changed:
        return Stage(name=name, standing="unchanged", seconds=seconds)
    change = changed[name]
    because = (*(["cmd"] if change.cmd else []), *(param for param, _, _ in change.params), *change.read)
    return Stage(
        name=name, standing="new" if change.standing == "only here" else "made anew", because=because, seconds=seconds
    )


def to_run(side: Side) -> dict[str, tuple[str, ...]]:
    """Return the stages that `dvc repro` would run, each with what changed; below another one, what that makes.

    Raises:
        LockstepError: dvc.yaml or dvc.lock cannot be read.
    """
    found = {name: tuple(why) for name, why in _stale(side).items()}
    makers = {path: name for name, stage in side.pipeline.items() for path in _outs(stage)}
    growing = True
    while growing:
        growing = False
        for name, stage in side.pipeline.items():
            above = tuple(path for path in _deps(stage) if makers.get(path) in found)
            if name not in found and above:
                found[name] = above
                growing = True
    return {name: found[name] for name in side.pipeline if name in found}


def _stale(side: Side) -> dict[str, list[str]]:
    def values_of(file: str) -> Mapping[str, Any]:
        return side.params if file == "params.yaml" else side.document(file)

    return stale(side.pipeline, side.lock, side.files.hash, values_of)


def _outs(stage: Any) -> Iterator[str]:
    for kind in ("outs", "metrics", "plots"):
        yield from _paths(stage, kind)


def _deps(stage: Any) -> Iterator[str]:
    return _paths(stage, "deps")


def _paths(stage: Any, kind: str) -> Iterator[str]:
    listed = stage.get(kind) if isinstance(stage, Mapping) else None
    for entry in listed if isinstance(listed, list) else ():
        yield str(next(iter(entry), "")) if isinstance(entry, Mapping) else str(entry)
