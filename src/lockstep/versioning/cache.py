"""DVC's cache, read without DVC: objects by their hash, which is checked when they are read."""

import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lockstep.versioning.dvc_config import cache_folder
from lockstep.versioning.hashes.content_hash import DIRECTORY, bytes_hash

ABSENT = "not in the cache"
DAMAGED = "damaged in the cache"
HASH = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Unknown:
    """A value that is not known, and why."""

    reason: str


@dataclass(frozen=True)
class Entry:
    """A file of a pinned directory: its path in there, and its hash."""

    path: str
    md5: str


@dataclass(frozen=True)
class Cache:
    """One folder of objects, each named by the MD5 of its bytes."""

    folder: Path

    def path(self, md5: str) -> Path:
        """Return the path of an object, whether it is there or not."""
        return self.folder / "files" / "md5" / md5[:2] / md5[2:]

    def has(self, md5: str) -> bool:
        """Tell whether an object is there; its bytes may be damaged."""
        return bool(md5) and self.path(md5).is_file()

    def read(self, md5: str) -> bytes | Unknown:
        """Return the bytes of a small object."""
        try:
            found = self.path(md5).read_bytes()
        except OSError:
            return Unknown(ABSENT)
        return found if bytes_hash(found) == md5.removesuffix(DIRECTORY) else Unknown(DAMAGED)

    def listing(self, md5: str) -> tuple[Entry, ...] | Unknown:
        """Return the files of a directory, by the hash that ends in `.dir`."""
        found = self.read(md5)
        if isinstance(found, Unknown):
            return found
        try:
            entries = tuple(Entry(_relative(one["relpath"]), _hash(one["md5"])) for one in json.loads(found))
        except (ValueError, TypeError, KeyError, RecursionError):
            return Unknown(DAMAGED)
        return entries

    def json(self, md5: str) -> Any:
        """Return what a JSON object holds, or `Unknown`."""
        found = self.read(md5)
        try:
            return found if isinstance(found, Unknown) else json.loads(found)
        except (ValueError, RecursionError):
            return Unknown("not JSON")


def open_cache(root: Path) -> Cache:
    """Return the cache that DVC uses in a checkout, wherever its settings put it."""
    return Cache(cache_folder(root))


def _hash(md5: str) -> str:
    """Return a hash; anything else could lead out of the cache."""
    if not HASH.fullmatch(md5):
        raise ValueError(md5)
    return md5


def _relative(path: str) -> str:
    """Return a path that leads nowhere else than into the directory that lists it."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or parts[0] == "/":
        raise ValueError(path)
    return path
