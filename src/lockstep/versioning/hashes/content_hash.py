"""DVC's hashes of files and folders, computed as DVC does."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from lockstep.versioning.hashes.ignore_rules import files_of

DIRECTORY = ".dir"
"""Suffix of a directory's hash."""


def content_hash(root: Path, path: Path) -> str | None:
    """Return DVC's hash of a file or folder of the project at `root`; None if it does not exist.

    What DVC ignores is not part of a folder's hash.
    """
    if path.is_file():
        return file_hash(path)
    return folder_hash(file_hashes(root, path)) if path.is_dir() else None


def file_hashes(root: Path, folder: Path) -> dict[str, str]:
    """Return path in the folder -> hash, for each file that DVC does not ignore."""
    return {file.relative_to(folder).as_posix(): file_hash(file) for file in files_of(root, folder)}


def folder_hash(files: Mapping[str, str]) -> str:
    """Return a folder's hash, given path in the folder -> hash of each file.

    Source: `dvc_data/hashfile/tree.py`: the MD5 of a JSON list of `md5` and `relpath`. The paths are sorted as strings:
    `a.txt` comes before `a/b`, although the folder `a` comes before the file.
    """
    entries = [{"md5": files[path], "relpath": path} for path in sorted(files)]
    return bytes_hash(json.dumps(entries, sort_keys=True).encode()) + DIRECTORY


def file_hash(path: Path) -> str:
    """Return the MD5 of a file as 32 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def bytes_hash(content: bytes) -> str:
    """Return the MD5 of bytes as 32 hex digits."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
