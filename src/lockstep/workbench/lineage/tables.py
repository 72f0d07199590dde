"""Rows and spans of pinned directories, from their manifests in DVC's cache."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.core.manifest import NAME
from lockstep.versioning.cache import Cache, Unknown
from lockstep.versioning.lockfile.lock import Pin

UNREADABLE = Unknown("its manifest is of another version")


@dataclass(frozen=True)
class Contents:
    """A table's number of rows, and the span of its time column if it has one."""

    rows: int
    span: tuple[str, str] | None = None


Tables = Mapping[str, Contents]


def tables(cache: Cache, pin: Pin) -> Tables | Unknown | None:
    """Return the tables of a pinned directory by name; None if it has no manifest."""
    if not pin.md5.endswith(".dir"):
        return None
    listing = cache.listing(pin.md5)
    if isinstance(listing, Unknown):
        return listing
    manifest = next((entry.md5 for entry in listing if entry.path == NAME), None)
    if manifest is None:
        return None
    found = cache.json(manifest)
    return found if isinstance(found, Unknown) else _tables(found)


def _tables(manifest: Any) -> Tables | Unknown:
    # Not by the model of `manifest.py`: a commit of last year may have another one.
    try:
        return {str(name): _contents(table) for name, table in manifest["tables"].items()}
    except (TypeError, KeyError, ValueError, AttributeError):
        return UNREADABLE


def _contents(table: Mapping[str, Any]) -> Contents:
    span = table.get("span")
    return Contents(int(table["rows"]), (str(span[0]), str(span[1])) if span else None)
