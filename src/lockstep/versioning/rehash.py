"""Files on disk against the hashes of a lock: DVC believes a cache object without looking, this does not."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lockstep.versioning.cache import Cache, Entry, Unknown
from lockstep.versioning.lock import Pin


@dataclass(frozen=True)
class Fault:
    """A file that is not what a lock says."""

    path: str
    md5: str
    """The hash that it should have."""
    kind: Literal["missing", "different", "extra"]


def faults(root: Path, pins: Iterable[Pin], cache: Cache) -> tuple[Fault, ...]:
    """Return the files under `root` that are not as pinned, each once; every file is read to its end."""
    return tuple(dict.fromkeys(fault for pin in pins if pin.md5 for fault in _faults(root, pin, cache)))


def _faults(root: Path, pin: Pin, cache: Cache) -> Iterator[Fault]:
    path = root / pin.path
    if not pin.md5.endswith(".dir"):
        yield from _file(path, pin.path, pin.md5)
        return
    listing = cache.listing(pin.md5)
    if not isinstance(listing, Unknown):
        yield from _listed(path, pin, listing)
    elif not path.is_dir():
        yield Fault(pin.path, pin.md5, "missing")
    elif directory_md5(path) != pin.md5:
        yield Fault(pin.path, pin.md5, "different")


def _listed(path: Path, pin: Pin, listing: tuple[Entry, ...]) -> Iterator[Fault]:
    for entry in listing:
        yield from _file(path / entry.path, f"{pin.path}/{entry.path}", entry.md5)
    for extra in sorted(set(_files(path)) - {entry.path for entry in listing}):
        yield Fault(f"{pin.path}/{extra}", "", "extra")


def _file(path: Path, name: str, md5: str) -> Iterator[Fault]:
    if not path.is_file():
        yield Fault(name, md5, "missing")
    elif file_md5(path) != md5:
        yield Fault(name, md5, "different")


def file_md5(path: Path) -> str:
    """Return the hash by which DVC knows a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def directory_md5(path: Path) -> str:
    """Return the hash by which DVC knows a directory: that of the list of its files, which ends in `.dir`."""
    listing = [{"md5": file_md5(path / name), "relpath": name} for name in _files(path)]
    text = json.dumps(listing, sort_keys=True).encode()
    return f"{hashlib.md5(text, usedforsecurity=False).hexdigest()}.dir"


def _files(path: Path) -> list[str]:
    return sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
