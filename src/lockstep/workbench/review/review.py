"""A review: gathers all parts from git's objects and DVC's cache."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from lockstep.core.durations import Durations
from lockstep.core.workspace import Workspace
from lockstep.versioning.fetch import Wanted, fetch
from lockstep.versioning.project import Project
from lockstep.workbench.review import data, predictions, results, shift
from lockstep.workbench.review.params import Change, changes
from lockstep.workbench.review.part import Part
from lockstep.workbench.review.side import Side, sides
from lockstep.workbench.review.stages import Stage, stages
from lockstep.workbench.review.store import LeftOut, Store
from lockstep.workbench.review.verdict import Verdict, verdict

T = TypeVar("T")
NEEDED = (*data.NEEDED.items(), (shift.FOLDER, shift.NEEDED), (predictions.FOLDER, results.NEEDED))
"""Folders that both sides may pin, each with the files that a review reads."""


class Named(Part):
    """A side by name and commit; None: the checkout."""

    name: str
    commit: str | None


class Review(Part):
    """The effect of a change.

    Attributes:
        base: the old side.
        head: the new side.
        verdict: what to read first.
        params: changed keys of params.yaml.
        stages: all stages of the head.
        datasets: changed datasets.
        shift: drift of the training rows; None if unknown.
        results: of both models.
        left_out: missing parts, and why.
    """

    base: Named
    head: Named
    verdict: Verdict
    params: tuple[Change, ...]
    stages: tuple[Stage, ...]
    datasets: tuple[data.Dataset, ...]
    shift: shift.Shift | None
    results: results.Results
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """The two sides of a review, and their pinned files that are available.

    Attributes:
        old: what is changed.
        new: what it becomes.
        store: of the files that they pin.
        durations: of stages on this machine.
        failed: error message of the fetch from the remote.
    """

    old: Side
    new: Side
    store: Store
    durations: Durations
    failed: str | None = None


def subject(workspace: Workspace, base: str | None, head: str | None) -> Subject:
    """Return the subject of a review; pinned files that the cache lacks are fetched from DVC's remote.

    Args:
        workspace: the checkout; nothing in it is changed.
        base: a git revision, an experiment, or `workspace`; None: where the head left main.
        head: the same; None: the checkout.

    Raises:
        LockstepError: there is no such revision.
    """
    root = workspace.root.resolve()
    old, new = sides(root, base, head)
    project = Project(root)
    pins = ((side.pin(folder), names) for side in (old, new) for folder, names in NEEDED)
    failed = fetch(root, project.cache, (Wanted(pin, names) for pin, names in pins if pin))
    return Subject(old, new, Store(project.cache), Durations.of(workspace), failed)


def review(of: Subject) -> Review:
    """Return the review of a change.

    Raises:
        LockstepError: a dvc.yaml, dvc.lock or params.yaml cannot be read.
    """
    old, new, store = of.old, of.new, of.store
    gone: list[str] = []
    found = stages(old, new, of.durations)
    judged = results.results(store, old, new)
    return Review(
        base=Named(name=old.name, commit=old.commit),
        head=Named(name=new.name, commit=new.commit),
        verdict=verdict(found, judged),
        params=changes(old, new),
        stages=found,
        datasets=data.datasets(store, old, new),
        shift=_tried(lambda: shift.shift(store, old, new, results.rules(old).drift), gone),
        results=judged,
        left_out=tuple(dict.fromkeys([*filter(None, [of.failed]), *judged.left_out, *gone])),
    )


def _tried(make: Callable[[], T], gone: list[str]) -> T | None:
    try:
        return make()
    except LeftOut as error:
        gone.append(error.what)
        return None
