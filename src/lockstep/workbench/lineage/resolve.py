"""Find what a text names: a path, a revision, a hash, a model version or a run."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from lockstep.core.errors import LockstepError, shorten
from lockstep.versioning.cache import Unknown
from lockstep.versioning.hash_search import HASH, Finding, search
from lockstep.versioning.lockfile.lock import Pin
from lockstep.versioning.model_versions import Versions
from lockstep.versioning.project import WORKSPACE, Project, Source
from lockstep.versioning.revision import find
from lockstep.workbench.lineage.graph import inside
from lockstep.workbench.lineage.target import Target, target_of_version

Finder = Callable[[Project, str], Iterator[Target]]
SHOWN = 80  # characters of the text in messages
SHORT = 12  # digits of a hash in a list of candidates
FORM = re.compile(r"(path|rev|hash|version):(.+)", re.DOTALL)
"""A prefix selects the kind if a text is ambiguous."""


def resolve(project: Project, text: str, versions: Versions) -> Target:
    """Return what a text names.

    Git and dvc.lock are searched first, model versions only if these have no match: 32 hex digits are a hash rather
    than a run, and a branch `champion` precedes the alias.

    Raises:
        LockstepError: it names nothing, or several things; the candidates are listed.
    """
    kinds, name = _form(text)
    shown = shorten(text, SHOWN)
    found = [target for kind in kinds if kind in FINDERS for target in FINDERS[kind](project, name)]
    if not found and "version" in kinds:
        record = versions.find(name)
        found = [target_of_version(project, record)] if record else []
    if len(found) > 1:
        raise LockstepError(
            f"{shown}: matches {len(found)} things; choose one", [_candidate(one, name) for one in found]
        )
    if not found:
        raise LockstepError(f"{shown}: not found", list(_looked_through(project, name, kinds)))
    return found[0]


def _form(text: str) -> tuple[tuple[str, ...], str]:
    """Return the possible kinds of a text, and the text without its prefix."""
    form = FORM.fullmatch(text)
    return ((form[1],), form[2]) if form else ((*FINDERS, "version"), text)


def _workspace(project: Project, text: str) -> Iterator[Target]:
    if text == WORKSPACE:
        yield Target("workspace", text, (project.workspace,))


def _revision(project: Project, text: str) -> Iterator[Target]:
    if text == WORKSPACE:
        return
    try:
        revision = find(project.root, text)
    except LockstepError as error:
        if "experiments have that name" in str(error):
            raise
        return
    assert revision.commit  # `workspace` was handled above
    yield Target("rev", text, (project.at(revision.commit, text),))


def _path(project: Project, text: str) -> Iterator[Target]:
    path = _within(project.root, text)
    if path is None or not (project.root / "dvc.lock").is_file():
        return
    source = project.workspace
    pins = [pin for pin in source.lock.pins if pin.path == path] or list(_folder(source, path))
    if pins:
        yield Target("path", path, (_narrowed(source, *_made_first(source, pins)),))
        return
    for pin in source.lock.outs.values():
        if inside(path, pin.path):
            yield _file(project, source, pin, path)


def _folder(source: Source, path: str) -> Iterator[Pin]:
    """Yield the outputs of stages below a folder such as `data/models`."""
    yield from (pin for pin in source.lock.outs.values() if inside(pin.path, path))


def _made_first(source: Source, pins: list[Pin]) -> list[Pin]:
    """Return the pins that stages wrote; if there are none, those that they read."""
    made = [pin for pin in pins if pin in source.lock.outs.values()]
    return made or pins


def _file(project: Project, source: Source, pin: Pin, path: str) -> Target:
    listing = project.cache.listing(pin.md5)
    if isinstance(listing, Unknown):
        note = f"the hash of {path} is unknown: the listing of {pin.path} is {listing.reason}"
        return Target("path", path, (_narrowed(source, pin),), notes=(note,))
    entry = next((one for one in listing if one.path == path.removeprefix(f"{pin.path}/")), None)
    if entry is None:
        known = ", ".join(one.path for one in listing)
        raise LockstepError(f"{shorten(path, SHOWN)}: not in {pin.path} as dvc.lock pins it", [f"it has {known}"])
    return Target("path", path, (_narrowed(source, pin),), {pin.md5: entry})


def _hash(project: Project, text: str) -> Iterator[Target]:
    if not HASH.fullmatch(text):
        return
    for md5, finding in search(project, text).items():
        yield Target("hash", md5, finding.sources, finding.files, notes=_elsewhere(finding))


def _elsewhere(finding: Finding) -> tuple[str, ...]:
    paths = finding.paths
    return (f"the same content is at {', '.join(paths)}",) if len(paths) > 1 else ()


def _narrowed(source: Source, *pins: Pin) -> Source:
    return Source(source.lock, source.origin, pins)


def _within(root: Path, text: str) -> str | None:
    """Return a path relative to the root, as dvc.lock writes it; None for one that leads out of it."""
    path = os.path.relpath(os.path.join(root, text), root)  # noqa: PTH118 # lexically: a link is not followed
    return None if path.startswith("..") or path == "." else path


def _candidate(target: Target, name: str) -> str:
    source = target.sources[0]
    where = ", ".join(_paths(target)) or f"commit {source.origin.commits[0].hash[:SHORT]}"
    return f"{target.kind}:{target.label if target.kind == 'hash' else name} ({where})"


def _paths(target: Target) -> list[str]:
    return list(Finding(target.sources, target.files).paths)


def _looked_through(project: Project, name: str, kinds: tuple[str, ...]) -> Iterator[str]:
    if "path" in kinds:
        yield "paths: what dvc.lock of this checkout reads and makes, and the files inside"
    if "rev" in kinds:
        yield "revisions: git's branches, tags and commits, DVC's experiments"
    if "hash" in kinds and HASH.fullmatch(name):
        yield f"hashes: this checkout's dvc.lock, and {len(project.history)} versions of it that a ref leads to"
    elif "hash" in kinds:
        yield "not a hash: six or more hex digits, lower case"
    if "version" in kinds:
        yield "versions and runs: what is registered"


FINDERS: Mapping[str, Finder] = {"workspace": _workspace, "path": _path, "rev": _revision, "hash": _hash}
