"""Part `data`: old and new hash, rows, span, columns and rejects of each pinned dataset."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lockstep.core.manifest import NAME as MANIFEST
from lockstep.core.manifest import Manifest, TableEntry
from lockstep.core.workspace import Workspace
from lockstep.pipeline.process.quality import NAME as QUALITY
from lockstep.workbench.review.part import Part
from lockstep.workbench.review.side import Side
from lockstep.workbench.review.store import LeftOut, Store

PLACE = Workspace()
NEEDED = {PLACE.raw: (MANIFEST,), PLACE.processed: (MANIFEST, QUALITY), PLACE.features: (MANIFEST,)}
"""Folder -> files that are read."""


class Span(Part):
    """First and last instant, ISO 8601."""

    first: str
    last: str


class Before(Part):
    """One table on one side; None if the side does not have it."""

    rows: int
    span: Span | None = None
    rejected: int | None = None
    """Rows that failed their contract; None for tables without one."""


class Table(Part):
    """One changed table of a dataset."""

    name: str
    old: Before | None
    new: Before | None
    columns: tuple[str, ...] = ()
    """`+ name: type`, `- name`, `name: type, was type`."""


class Dataset(Part):
    """A changed dataset; `left_out` says why its tables are unknown."""

    path: str
    old: str | None
    """DVC hash."""
    new: str | None
    tables: tuple[Table, ...] = ()
    left_out: str | None = None


def datasets(store: Store, old: Side, new: Side) -> tuple[Dataset, ...]:
    """Return the datasets whose hash differs."""
    found = (_dataset(store, old, new, folder) for folder in NEEDED)
    return tuple(one for one in found if one is not None)


def _dataset(store: Store, old: Side, new: Side, folder: Path) -> Dataset | None:
    before, after = (side.pin(folder) for side in (old, new))
    if before == after:
        return None
    hashes = {"old": before.md5 if before else None, "new": after.md5 if after else None}
    try:
        known = [_known(store, side, folder) if side.pin(folder) else {} for side in (old, new)]
    except LeftOut as error:
        return Dataset(path=folder.as_posix(), **hashes, left_out=error.what)
    return Dataset(path=folder.as_posix(), **hashes, tables=tuple(_tables(*known)))


Known = Mapping[str, tuple[TableEntry, int | None]]


def _known(store: Store, side: Side, folder: Path) -> Known:
    """Return table -> entry of the manifest, and number of rejected rows."""
    manifest = store.model(Manifest, side, folder, MANIFEST)
    quality: Any = store.json(side, folder, QUALITY) if folder == PLACE.processed else {}
    return {name: (entry, _rejected(quality, name)) for name, entry in manifest.tables.items()}


def _rejected(quality: Any, name: str) -> int | None:
    """Return the number of rejected rows of a table in quality.json; None if it has none."""
    table = quality.get(name) if isinstance(quality, Mapping) else None
    found = table.get("rejected") if isinstance(table, Mapping) else None
    return found if type(found) is int else None


def _tables(old: Known, new: Known) -> Iterator[Table]:
    for name in {**new, **old}:
        before, after = old.get(name), new.get(name)
        if before and after and before[0].sha256 == after[0].sha256 and before[1] == after[1]:
            continue
        columns = tuple(_columns(before[0], after[0])) if before and after else ()
        yield Table(name=name, old=_side(before), new=_side(after), columns=columns)


def _side(known: tuple[TableEntry, int | None] | None) -> Before | None:
    if known is None:
        return None
    entry, rejected = known
    span = Span(first=entry.span[0].isoformat(), last=entry.span[1].isoformat()) if entry.span else None
    return Before(rows=entry.rows, span=span, rejected=rejected)


def _columns(old: TableEntry, new: TableEntry) -> Iterator[str]:
    for name, kind in new.columns.items():
        if name not in old.columns:
            yield f"+ {name}: {kind}"
        elif old.columns[name] != kind:
            yield f"{name}: {kind}, was {old.columns[name]}"
    yield from (f"- {name}" for name in old.columns if name not in new.columns)
