"""Search all versions of dvc.lock for a hash of a pin or of a file inside of a pinned directory."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from lockstep.versioning.cache import Cache, Entry, Unknown
from lockstep.versioning.history import texts
from lockstep.versioning.lockfile.lock import LOCK
from lockstep.versioning.project import Project, Source

HASH = re.compile(r"[0-9a-f]{6,32}|[0-9a-f]{32}\.dir")
"""A DVC hash or its first digits, at least six: fewer match too many."""
_DIRECTORY = re.compile(rb"md5: '?([0-9a-f]{32}\.dir)")
_BEFORE = (b"md5: ", b"md5: '")

Holders = Mapping[str, Entry]
"""Hash of a directory -> its file with the searched hash."""


@dataclass(frozen=True)
class Finding:
    """Where one hash occurs: versions with their matching pins, and files in pinned directories."""

    sources: tuple[Source, ...] = ()
    files: Holders = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that has had the hash."""
        pins = dict.fromkeys(pin for source in self.sources for pin in source.pins)
        return tuple(f"{pin.path}/{self.files[pin.md5].path}" if pin.md5 in self.files else pin.path for pin in pins)


def search(project: Project, prefix: str) -> dict[str, Finding]:
    """Return hash -> the versions that have it, for hashes with this prefix: the checkout, then newest first.

    The text of every version is scanned, and only versions with a match are parsed, which takes longer.
    """
    scan = _Scan(project.cache, prefix)
    found: dict[str, Finding] = {}
    for text, read in _everywhere(project):
        for md5, holders in scan(text).items():
            before, source = found.get(md5, Finding()), read()
            pins = tuple(pin for pin in source.lock.pins if pin.md5 == md5 or pin.md5 in holders)
            with_pins = Source(source.lock, source.origin, pins)
            found[md5] = Finding((*before.sources, with_pins), {**before.files, **holders})
    return found


def _everywhere(project: Project) -> Iterator[tuple[bytes, Callable[[], Source]]]:
    lock = project.root / LOCK
    if lock.is_file():
        yield lock.read_bytes(), lambda: project.workspace
    for version, text in texts(project.root, project.history):
        yield text, lambda version=version, text=text: project.version(version, text)  # type: ignore[misc] # bound now


class _Scan:
    """Finds hashes in the text of a lock; each pinned directory is read once."""

    def __init__(self, cache: Cache, prefix: str) -> None:
        self._cache = cache
        self._prefix = prefix
        # The pattern starts with the searched digits, which are rare: starting with `md5: ` takes twice as long.
        self._direct = re.compile(rb"%s[0-9a-f]*(?:\.dir)?" % re.escape(prefix).encode())
        self._listed: dict[str, tuple[Entry, ...]] = {}

    def __call__(self, text: bytes) -> dict[str, Holders]:
        """Return the matching hashes in the text, each with the directories that contain it."""
        begun = (one for one in self._direct.finditer(text) if text.endswith(_BEFORE, 0, one.start()))
        found: dict[str, dict[str, Entry]] = {one[0].decode(): {} for one in begun}
        for directory in dict.fromkeys(_DIRECTORY.findall(text)):
            for entry in self._inside(directory.decode()):
                found.setdefault(entry.md5, {})[directory.decode()] = entry
        return dict(found)

    def _inside(self, directory: str) -> tuple[Entry, ...]:
        if directory not in self._listed:
            listing = self._cache.listing(directory)
            entries = () if isinstance(listing, Unknown) else listing
            self._listed[directory] = tuple(entry for entry in entries if entry.md5.startswith(self._prefix))
        return self._listed[directory]
