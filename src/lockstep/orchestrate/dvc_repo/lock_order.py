"""The order of stages in dvc.lock: stages that run in parallel end in any order, `dvc repro` has one order."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.core.files import whole_file
from lockstep.orchestrate.dvc_repo.repository import opened
from lockstep.versioning.lockfile.lock import read_stages

if TYPE_CHECKING:
    from dvc.repo import Repo

Orders = Mapping[Path, Sequence[str]]
"""Lock file -> its stages, in order."""


def orders(root: Path) -> Orders:
    """Return the present order of the stages in the lock file of each dvc.yaml."""
    with opened(root) as repo:
        return {path: _stages(path) for path in _lock_files(repo)}


def restore_order(root: Path, before: Orders, planned: Sequence[str]) -> None:
    """Reorder the stages as `dvc repro` would: existing ones in their old order, then new ones as planned.

    Args:
        root: of the project.
        before: the orders before the run.
        planned: names of stages in the order of `dvc repro`.
    """
    with opened(root) as repo:
        for path in _lock_files(repo):
            found = _stages(path)
            order = in_order(found, before.get(path, ()), _inside(path, root, planned))
            if found != order:
                _rewrite(path, order)


def in_order(found: Sequence[str], stood: Sequence[str], planned: Sequence[str]) -> list[str]:
    """Return `found`: first the existing stages in their old order, then the others as planned."""
    rank = {name: number for number, name in enumerate([*stood, *(name for name in planned if name not in stood)])}
    return sorted(found, key=lambda name: rank.get(name, len(rank)))


def _inside(path: Path, root: Path, planned: Sequence[str]) -> list[str]:
    """Return the planned stages of one lock file, as it names them."""
    folder = path.parent.relative_to(root.resolve())
    prefix = "" if folder == Path() else f"{folder}/dvc.yaml:"
    return [name.removeprefix(prefix) for name in planned if name.startswith(prefix)]


def _lock_files(repo: "Repo") -> Iterator[Path]:
    """Yield the lock files that exist; a .dvc file has none."""
    paths = {Path(stage.path).with_suffix(".lock") for stage in repo.index.stages if hasattr(stage, "name")}
    yield from (path for path in sorted(paths) if path.is_file())


def _stages(path: Path) -> list[str]:
    return list(read_stages(path.read_text(encoding="utf-8"), str(path)))


def _rewrite(path: Path, order: Sequence[str]) -> None:
    """Write the file as DVC writes it, stages in another order."""
    from dvc.utils.serialize import dump_yaml, parse_yaml_for_update

    document = parse_yaml_for_update(path.read_text(encoding="utf-8"), str(path))
    document["stages"] = {name: document["stages"][name] for name in order}
    with whole_file(path) as partial:
        dump_yaml(str(partial), document)
