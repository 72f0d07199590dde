"""The target of a lineage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lockstep.versioning.cache import Entry
from lockstep.versioning.model_versions import Promotion
from lockstep.versioning.project import Source

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
