"""The files of a side, in a commit or in the checkout: read, never checked out and never run."""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError, shorten
from lockstep.versioning.git_objects import objects
from lockstep.versioning.hashes.content_hash import bytes_hash, content_hash, folder_hash
from lockstep.versioning.hashes.ignore_rules import FILE, IgnoreRules

REGULAR = ("100644", "100755")
"""Modes of files; a link is not followed: it may lead anywhere."""
LARGEST = 5_000_000
"""Maximum bytes of a text file: parsing one of this size takes seconds."""


Hash = Callable[[str], str | None]
"""DVC's hash of a file or folder, None where there is none."""


class Files(Protocol):
    """Text and hashes by path, relative to the project's root."""

    def text(self, path: str) -> str | None:
        """Return the text of a file, None where there is none."""

    def hashes(self, paths: Iterable[str]) -> Hash:
        """Return what tells the hash of each of some paths."""


class InCheckout:
    """The files as they lie in the checkout."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def text(self, path: str) -> str | None:
        """Return the text of a file, None where there is none."""
        place = self._root / path
        return _text(path, place.read_bytes()) if place.is_file() else None

    def hashes(self, paths: Iterable[str]) -> Hash:  # noqa: ARG002 # hashed on demand: some are data
        """Return what tells the hash of each of some paths."""
        return lambda path: content_hash(self._root, self._root / path)


class InCommit:
    """The files of a commit, from git's objects."""

    def __init__(self, root: Path, commit: str) -> None:
        self._root, self._commit = root, commit

    def text(self, path: str) -> str | None:
        """Return the text of a file, None where there is none."""
        if path not in self._blobs:
            return None
        ((found, content),) = objects(self._root, [self._blobs[path]], "--batch")
        if not found:
            raise LockstepError(f"{shorten(path)}: not in this clone, though commit {self._commit[:7]} has it")
        return _text(path, content)

    def hashes(self, paths: Iterable[str]) -> Hash:
        """Return what tells the hash of each of some paths; git returns all of them in one call."""
        wanted = {posixpath.normpath(path) for path in paths}
        files = [name for name in self._blobs if wanted.intersection(_with_folders(name))]
        known = {name: bytes_hash(content) for name, content in self._contents(files)}
        hashed = {name: md5 for name, md5 in known.items() if not self._ignored.ignores(name, directory=False)}

        def hash_of(path: str) -> str | None:
            path = posixpath.normpath(path)
            inside = f"{path}/"
            below = {name.removeprefix(inside): md5 for name, md5 in hashed.items() if name.startswith(inside)}
            return known.get(path) or (folder_hash(below) if below else None)

        return hash_of

    @cached_property
    def _ignored(self) -> IgnoreRules:
        files = [name for name in self._blobs if posixpath.basename(name) == FILE]
        texts = {posixpath.dirname(name): content.decode("utf-8", "replace") for name, content in self._contents(files)}
        return IgnoreRules.of(texts, (name.partition("/.dvc/")[0] for name in self._blobs if "/.dvc/" in name))

    def _contents(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        contents = objects(self._root, (self._blobs[name] for name in names), "--batch")
        for name, (_, content) in zip(names, contents, strict=True):
            yield name, content

    @cached_property
    def _blobs(self) -> Mapping[str, str]:
        """Path -> git's hash of the content."""
        lines = run(["git", "ls-tree", "-r", "-z", self._commit], self._root).split("\0")
        found = {}
        for line in filter(None, lines):
            head, _, path = line.partition("\t")
            mode, _, blob = head.split()
            if mode in REGULAR:
                found[path] = blob
        return found


def _with_folders(path: str) -> Iterator[str]:
    """Yield a path and the folders that hold it."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def _text(path: str, content: bytes) -> str:
    if len(content) > LARGEST:
        raise LockstepError(f"{shorten(path)}: {len(content):,} bytes; at most {LARGEST:,} are read")
    return content.decode("utf-8", "replace")
