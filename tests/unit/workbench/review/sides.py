"""Sides made of texts, and a cache of a few objects."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lockstep.versioning.cache import Cache
from lockstep.workbench.review.side import Side
from lockstep.workbench.review.store import Store


@dataclass
class Texts:
    """Files by path."""

    files: dict = field(default_factory=dict)

    def text(self, path: str) -> str | None:
        return self.files.get(path)

    def hashes(self, paths: list[str]) -> Callable[..., Any]:
        known = {path: self.files[path] for path in paths if path in self.files}
        found = {path: hashlib.md5(text.encode()).hexdigest() for path, text in known.items()}
        return found.get


def side(name: str = "HEAD", **files: str) -> Side:
    """`side(params="a: 1", dvc="stages: {}", lock="")`, each by the first word of its name."""
    named = {"params": "params.yaml", "dvc": "dvc.yaml", "lock": "dvc.lock"}
    files = {"dvc": "stages: {make: {cmd: x}}"} | files
    return Side(name, None, Texts({named[key]: text for key, text in files.items()}))


def lock(**pins: str) -> str:
    """A dvc.lock that pins folders: `lock(**{"data/raw": "1" * 32 + ".dir"})`."""
    outs = [{"path": path, "hash": "md5", "md5": md5} for path, md5 in pins.items()]
    return json.dumps({"schema": "2.0", "stages": {"make": {"cmd": "x", "outs": outs}}})


class Objects:
    """A cache that can be filled."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(Cache(folder))
        self._folder = folder

    def put(self, content: bytes, ending: str = "") -> str:
        md5 = hashlib.md5(content).hexdigest()
        place = self._folder / "files" / "md5" / md5[:2] / (md5[2:] + ending)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return md5 + ending

    def folder(self, **files: bytes) -> str:
        """Return the hash of a folder of files, by name."""
        return self.listing([{"md5": self.put(content), "relpath": name} for name, content in files.items()])

    def listing(self, entries: Any) -> str:
        return self.put(json.dumps(entries).encode(), ".dir")
