"""Brings pinned data from DVC's remote into its cache: by hash, from the remote that is set in the user's checkout.

DVC's own commands in another checkout would use the settings of that revision, and a revision under review could name
any remote.
"""

import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lockstep.core.commands import environment_of, run
from lockstep.core.errors import LockstepError
from lockstep.versioning.cache import Cache, Unknown
from lockstep.versioning.dvc_config import remote_of, shared_settings, write_settings
from lockstep.versioning.hashes.content_hash import DIRECTORY
from lockstep.versioning.lockfile.lock import Pin

FAULT = "ERROR:"
"""Prefix of DVC's error messages; with --quiet it prints none."""
SECRET = re.compile(r"(?<=://)[^\s/@]+@")


@dataclass(frozen=True)
class Wanted:
    """A pinned file, or a pinned folder with the names of the wanted files (none: all)."""

    pin: Pin
    names: Sequence[str] = ()


def lacks(cache: Cache, wanted: Wanted) -> bool:
    """Return whether a wanted file is missing from the cache."""
    md5 = wanted.pin.md5
    if not md5.endswith(DIRECTORY):
        return not cache.has(md5)
    listing = cache.listing(md5)
    if isinstance(listing, Unknown):
        return True
    return any(not cache.has(one.md5) for one in listing if not wanted.names or one.path in wanted.names)


def fetch(root: Path, cache: Cache, wanted: Iterable[Wanted]) -> str | None:
    """Fetch what the cache lacks, if a remote is set; return DVC's error message, or None."""
    lacking = [one for one in wanted if one.pin.md5 and lacks(cache, one)]
    if not lacking or remote_of(root) is None:
        return None
    with tempfile.TemporaryDirectory(prefix="lockstep-fetch-") as name:
        folder = Path(name)
        (folder / ".dvc").mkdir()
        settings = shared_settings(root)
        write_settings(settings | {"core": {**settings.get("core", {}), "no_scm": "true"}}, folder)
        try:
            run(["dvc", "fetch", *_targets(lacking, folder)], folder, environment_of(folder))
        except LockstepError as error:
            return f"`dvc fetch`: {_message(error)}"
    return None


def _targets(lacking: Iterable[Wanted], folder: Path) -> Iterator[str]:
    """Write a `.dvc` file for each pin, and yield the files to fetch."""
    for number, one in enumerate(lacking):
        name = f"out{number}"
        out = {"md5": one.pin.md5, "hash": "md5", "path": name}
        (folder / f"{name}.dvc").write_text(json.dumps({"outs": [out]}), encoding="utf-8")  # JSON is YAML too
        yield from (f"{name}/{inside}" for inside in one.names) if one.names else (name,)


def _message(error: LockstepError) -> str:
    """Return DVC's error messages without its footer and without the password of a remote."""
    faults = [line.removeprefix(FAULT).strip() for line in error.details if line.startswith(FAULT)]
    return SECRET.sub("***@", " ".join(faults) or error.what)
