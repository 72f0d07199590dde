"""Brings what a review reads from DVC's remote: the one that is set here, never one that a side under review names."""

import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lockstep.core.commands import environment_of, run
from lockstep.core.errors import LockstepError
from lockstep.versioning.checkout_data import has_remote
from lockstep.versioning.project import Project
from lockstep.workbench.review.side import Side
from lockstep.workbench.review.store import Store

SETTINGS = ("config", "config.local")
PLACES = re.compile(r"^(\s*(?:url|\w*path|keyfile|cert_path|key_path)\s*=\s*)(?![\w+.-]+://|[/~])(\S.*)$", re.MULTILINE)
"""Settings that name a place relative to `.dvc`."""
FAULT = "ERROR:"
"""How DVC begins to say what went wrong; with --quiet, it says nothing but where to find help."""
SECRET = re.compile(r"(?<=://)[^\s/@]+@")


@dataclass(frozen=True)
class Wanted:
    """Files of a folder that both sides may pin."""

    folder: Path
    names: Sequence[str]


def fetch(project: Project, sides: Iterable[Side], wanted: Sequence[Wanted]) -> str | None:
    """Bring what the cache lacks, and return why that could not be done, or None.

    DVC works in a folder of its own that holds this checkout's settings and the hashes, for DVC's own commands would
    take the settings of the revision.
    """
    store = Store(project.cache)
    lacking = [(side, one) for side in sides for one in wanted if store.lacks(side, one.folder, one.names)]
    if not lacking or not has_remote(project.root):
        return None
    with tempfile.TemporaryDirectory(prefix="lockstep-review-") as folder:
        try:
            _settings(project, Path(folder))
            run(
                ["dvc", "fetch", *_targets(lacking, Path(folder))],
                Path(folder),
                environment_of(Path(folder)),
            )
        except LockstepError as error:
            return f"`dvc fetch`: {_said(error)}"
    return None


def _said(error: LockstepError) -> str:
    """Return what DVC says went wrong, without its footer, and without the password of a remote."""
    faults = [line.removeprefix(FAULT).strip() for line in error.details if line.startswith(FAULT)]
    return SECRET.sub("***@", " ".join(faults) or error.what)


def _settings(project: Project, folder: Path) -> None:
    place = folder / ".dvc"
    place.mkdir()
    for name in SETTINGS:
        own = project.root / ".dvc" / name
        if own.is_file():
            copy = place / name
            copy.touch(mode=0o600)  # it may hold secrets
            copy.write_text(PLACES.sub(rf"\g<1>{own.parent}/\g<2>", own.read_text("utf-8")), encoding="utf-8")
    environment = environment_of(folder)
    run(["dvc", "config", "core.no_scm", "true"], folder, environment)
    run(["dvc", "cache", "dir", "--local", str(project.cache.folder.resolve())], folder, environment)


def _targets(lacking: Iterable[tuple[Side, Wanted]], folder: Path) -> list[str]:
    """Write a `.dvc` file for each pinned folder, and return the files to fetch."""
    targets = []
    for number, (side, wanted) in enumerate(lacking):
        pin = side.pin(wanted.folder)
        if pin is None:
            raise AssertionError("what is not pinned is not lacking")
        name = f"folder{number}"
        out: Mapping[str, str] = {"md5": pin.md5, "hash": "md5", "path": name}
        (folder / f"{name}.dvc").write_text(json.dumps({"outs": [out]}), encoding="utf-8")  # YAML is JSON and more
        targets += [f"{name}/{one}" for one in wanted.names]
    return targets
