"""What a lineage was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lockstep.versioning.cache import Entry
from lockstep.versioning.model_versions import Promotion
from lockstep.versioning.project import Source

Kind = Literal["workspace", "path", "rev", "hash", "version"]


@dataclass(frozen=True)
class Target:
    """A thing with a lineage: the locks that know it, newest first."""

    kind: Kind
    label: str
    sources: tuple[Source, ...]
    files: Mapping[str, Entry] = field(default_factory=dict)
    """Hash of a pinned directory -> the file in it that was asked about."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """Path -> hash of what was recorded with a version, where it differs from what its commit's lock says."""
    promoted: Sequence[Promotion] = ()
    notes: tuple[str, ...] = ()
    """Notes for the reader."""
