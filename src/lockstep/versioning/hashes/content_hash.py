"""The hash by which DVC names what it pins: a model says what it was made of, whoever runs the stage."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path


def content_hash(path: Path) -> str:
    """Return the MD5 of a file or, of a folder, that of the list of its files with `.dir` behind it, as DVC 3 does."""
    if path.is_file():
        return _md5(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return folder_hash({file.relative_to(path).as_posix(): _md5(file) for file in files})


def folder_hash(files: Mapping[str, str]) -> str:
    """Return a folder's hash from the MD5 of each file by its path in there.

    Source: `dvc-data`, `hashfile/tree.py`: a JSON list of `md5` and `relpath`, ordered by path.
    """
    entries = [{"md5": md5, "relpath": path} for path, md5 in files.items()]
    entries.sort(key=lambda entry: tuple(entry["relpath"].split("/")))
    text = json.dumps(entries, sort_keys=True)
    return f"{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}.dir"


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
