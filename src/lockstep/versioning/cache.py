"""DVC's cache, read without DVC: objects by hash; the hash is verified on reading."""

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
    """A file of a pinned directory: its path in the directory, and its hash."""

    path: str
    md5: str


@dataclass(frozen=True)
class Cache:
    """One folder of objects, each named by the MD5 of its bytes."""

    folder: Path

    def path(self, md5: str) -> Path:
        """Return the path of an object, which need not exist."""
        return self.folder / "files" / "md5" / md5[:2] / md5[2:]

    def has(self, md5: str) -> bool:
        """Return whether an object exists; its bytes may be damaged."""
        return bool(md5) and self.path(md5).is_file()

    def read(self, md5: str) -> bytes | Unknown:
        """Return the bytes of a small object."""
        try:
            found = self.path(md5).read_bytes()
        except OSError:
            return Unknown(ABSENT)
        return found if bytes_hash(found) == md5.removesuffix(DIRECTORY) else Unknown(DAMAGED)

    def listing(self, md5: str) -> tuple[Entry, ...] | Unknown:
        """Return the files of a directory, given its hash, which ends in `.dir`."""
        found = self.read(md5)
        if isinstance(found, Unknown):
            return found
        try:
            entries = tuple(Entry(_relative(one["relpath"]), _hash(one["md5"])) for one in json.loads(found))
        except (ValueError, TypeError, KeyError, RecursionError):
            return Unknown(DAMAGED)
        return entries

    def json(self, md5: str) -> Any:
        """Return the content of a JSON object, or `Unknown`."""
        found = self.read(md5)
        try:
            return found if isinstance(found, Unknown) else json.loads(found)
        except (ValueError, RecursionError):
            return Unknown("not JSON")


def open_cache(root: Path) -> Cache:
    """Return the cache that DVC uses in a checkout, wherever its settings put it."""
    return Cache(cache_folder(root))


def _hash(md5: str) -> str:
    """Return the hash; raise ValueError for anything else, which could lead out of the cache."""
    if not HASH.fullmatch(md5):
        raise ValueError(md5)
    return md5


def _relative(path: str) -> str:
    """Return the path; raise ValueError if it leads out of its directory."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or parts[0] == "/":
        raise ValueError(path)
    return path
