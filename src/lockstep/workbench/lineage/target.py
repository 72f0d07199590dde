"""The target of a lineage: a thing in a lock, such as the model of a registered version or a run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.versioning.cache import Entry
from lockstep.versioning.hash_search import search
from lockstep.versioning.model_versions import ModelRecord, Promotion
from lockstep.versioning.project import Project, Source

MODEL = Workspace().model.as_posix()
Kind = Literal["workspace", "path", "rev", "hash", "version"]


@dataclass(frozen=True)
class Target:
    """A thing with a lineage: the locks that contain it, newest first."""

    kind: Kind
    label: str
    sources: tuple[Source, ...]
    files: Mapping[str, Entry] = field(default_factory=dict)
    """Hash of a pinned directory -> the requested file in it."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """Path -> hash recorded with a version, if it differs from its commit's lock."""
    promoted: Sequence[Promotion] = ()
    notes: tuple[str, ...] = ()
    """Notes for the reader."""


def target_of_version(project: Project, record: ModelRecord) -> Target:
    """Return the target: the model in its commit's lock, or in another lock that has its hash.

    Raises:
        LockstepError: it was made outside of git, or the commit is missing.
    """
    if record.commit is None:
        raise LockstepError(f"{record.label}: trained outside of git: no commit was recorded with it")
    try:
        source = project.at(record.commit, record.label)
    except LockstepError as error:
        gone = f"{record.label}: its commit {record.commit} is not in this repository"
        raise LockstepError(gone, ["try `git fetch`", *error.details[:1]]) from error
    target = Target("version", record.label, (_of_model(source),), promoted=tuple(record.promoted))
    different = differing(source, record)
    notes = tuple(_notes(source, record, different))
    target = replace(target, hashes=different, notes=notes)
    return _elsewhere(project, target) if MODEL in different else target


def differing(source: Source, record: ModelRecord) -> dict[str, str]:
    """Return path -> recorded hash, where it differs from the commit's lock."""
    locked = {pin.path: pin.md5 for pin in (*source.lock.pins, *source.lock.outs.values())}
    return {path: md5 for path, md5 in record.hashes.items() if locked.get(path) != md5}


def _of_model(source: Source) -> Source:
    model = source.lock.outs.get(MODEL)
    return replace(source, pins=(model,) if model else ())


def _notes(source: Source, record: ModelRecord, different: dict[str, str]) -> Iterator[str]:
    shown = source.origin.commits[0].hash[:7]
    if record.dirty:
        yield f"trained with uncommitted changes on {shown}: the commit alone cannot reproduce it"
    if different:
        yield f"differs from dvc.lock of {shown}: {', '.join(different)}"


def _elsewhere(project: Project, target: Target) -> Target:
    """Return the target with the locks that have its model, which the commit's lock does not have."""
    md5 = target.hashes[MODEL]
    finding = search(project, md5).get(md5)
    if finding:
        note = f"shown: {finding.sources[0].origin.name}, whose dvc.lock has this model"
        return replace(target, sources=finding.sources, notes=(*target.notes, note))
    note = f"no dvc.lock has this model ({md5}); shown: the commit's own model"
    return replace(target, notes=(*target.notes, note))
