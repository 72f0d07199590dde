"""Files on disk compared with the hashes of a lock. DVC trusts a cache object without hashing it; this does not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lockstep.versioning.cache import Cache, Entry, Unknown
from lockstep.versioning.hashes.content_hash import DIRECTORY, content_hash, file_hash
from lockstep.versioning.hashes.ignore_rules import files_of
from lockstep.versioning.lockfile.lock import Pin


@dataclass(frozen=True)
class Fault:
    """A file that differs from what a lock pins."""

    path: str
    md5: str
    """The hash that it should have."""
    kind: Literal["missing", "different", "extra"]


def faults(root: Path, pins: Iterable[Pin], cache: Cache) -> tuple[Fault, ...]:
    """Return the files under `root` that differ from their pins, each once; every file is hashed."""
    return tuple(dict.fromkeys(fault for pin in pins if pin.md5 for fault in _faults(root, pin, cache)))


def _faults(root: Path, pin: Pin, cache: Cache) -> Iterator[Fault]:
    path = root / pin.path
    if not pin.md5.endswith(DIRECTORY):
        yield from _file(path, pin.path, pin.md5)
        return
    listing = cache.listing(pin.md5)
    if not isinstance(listing, Unknown):
        yield from _listed(root, pin, listing)
    elif not path.is_dir():
        yield Fault(pin.path, pin.md5, "missing")
    elif content_hash(root, path) != pin.md5:
        yield Fault(pin.path, pin.md5, "different")


def _listed(root: Path, pin: Pin, listing: tuple[Entry, ...]) -> Iterator[Fault]:
    path = root / pin.path
    for entry in listing:
        yield from _file(path / entry.path, f"{pin.path}/{entry.path}", entry.md5)
    found = {file.relative_to(path).as_posix() for file in files_of(root, path)} if path.is_dir() else set()
    for extra in sorted(found - {entry.path for entry in listing}):
        yield Fault(f"{pin.path}/{extra}", "", "extra")


def _file(path: Path, name: str, md5: str) -> Iterator[Fault]:
    if not path.is_file():
        yield Fault(name, md5, "missing")
    elif file_hash(path) != md5:
        yield Fault(name, md5, "different")
