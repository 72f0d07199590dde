"""What a checkout beside the user's borrows from it: DVC's cache, remotes and settings, and outputs that it pins."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lockstep.core.commands import environment_of, run
from lockstep.core.errors import LockstepError
from lockstep.orchestrate.dvc_repo.repository import faults


def share_settings(root: Path, tree: Path) -> None:
    """Let a checkout use the cache and the remotes of the user's, and the settings that only this machine has.

    Raises:
        LockstepError: what is checked out is no DVC project, or its settings cannot be read.
    """
    from dvc.config import Config, merge
    from dvc.config_schema import RelPath

    if not (tree / ".dvc").is_dir():  # DVC would look further up, and find the user's
        raise LockstepError(f"{root}: no DVC project as committed; `git add .dvc dvc.yaml dvc.lock`, and commit them")
    local = root / ".dvc" / "config.local"
    if local.is_file():
        shutil.copy(local, tree / ".dvc" / "config.local")  # with its mode: it may hold secrets
    with faults(root):
        # Written as a path from the checkout: DVC can write nothing but ASCII, whatever the way there is called.
        wanted = {"cache": {"dir": RelPath(root.resolve() / ".dvc" / "cache")}}
        merge(wanted, _settings(root))
        # A path is relative to the file that it stands in: there it leads elsewhere.
        lacking = _lacking(wanted, _settings(tree))
        with Config(str(tree / ".dvc")).edit("local") as settings:
            merge(settings, lacking)


def has_remote(root: Path) -> bool:
    """Return whether a DVC remote is set that data goes to."""
    with faults(root):
        return bool(_settings(root).get("core", {}).get("remote"))


def bring(tree: Path, outputs: Sequence[str]) -> None:
    """Put pinned outputs into a checkout, from DVC's cache or, where it lacks them, from its remote.

    Raises:
        LockstepError: neither has them, or the checkout's commit pins nothing of that name.
    """
    environment = environment_of(tree)
    try:
        run(["dvc", "checkout", "--", *outputs], tree, environment)
    except LockstepError as error:
        if not has_remote(tree):
            missing = f"{', '.join(outputs)}: not in DVC's cache, and no remote is set; `dvc repro` makes it"
            raise LockstepError(missing, error.details) from error
        run(["dvc", "pull", "--", *outputs], tree, environment)


def _settings(root: Path) -> dict[str, Any]:
    """Return DVC's settings of all levels, section -> key -> value, paths made absolute."""
    from dvc.config import Config

    return dict(Config(str(root / ".dvc")).read())


def _lacking(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is wanted and is not there, or is there with another value."""
    lacking: dict[str, Any] = {}
    for key, value in wanted.items():
        found = there.get(key)
        if not isinstance(value, Mapping):
            lacking |= {key: value} if value != found else {}
        elif rest := _lacking(value, found if isinstance(found, Mapping) else {}):
            lacking[key] = rest
    return lacking
