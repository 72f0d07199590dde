"""Objects in DVC's cache, checked by their hash. DVC trusts a read-only object without hashing it."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockstep.orchestrate.dvc_repo.graph import find, name_of
from lockstep.orchestrate.dvc_repo.repository import opened
from lockstep.versioning.hashes.content_hash import DIRECTORY, file_hash

if TYPE_CHECKING:
    from dvc.output import Output
    from dvc.stage import Stage


@dataclass(frozen=True)
class Damage:
    """An object of the cache whose content does not have the hash that it is named after."""

    stage: str
    output: str
    object: Path
    found: str
    """MD5 of its content."""

    def __str__(self) -> str:
        return f"{self.stage}: {self.output}: {self.object.parent.name}{self.object.name} holds content {self.found}"


@dataclass(frozen=True)
class Pinned:
    """What one stage's outputs are pinned to."""

    outs: Mapping[str, str]
    """Output -> hash."""
    damages: tuple[Damage, ...]


def inspect(root: Path, name: str) -> Pinned:
    """Return the hashes of one stage's outputs, and the damaged objects among those in the cache.

    An object that is missing is not damaged. All bytes of the outputs are read.
    """
    with opened(root) as repo:
        stage = find(repo, name)
        objects = list(_pinned(stage))
        outs = {str(out.def_path): str(out.hash_info.value) for out in stage.outs if out.hash_info}
    # Without DVC's lock: hashing large data takes long.
    return Pinned(outs, _judged(objects))


def damaged(root: Path) -> tuple[Damage, ...]:
    """Return the damaged objects of all outputs of the pipeline."""
    with opened(root) as repo:
        objects = [found for stage in repo.index.stages for found in _pinned(stage)]
    return _judged(objects)


def set_aside(damages: Iterable[Damage], folder: Path) -> None:
    """Move damaged objects out of the cache, so that DVC finds them missing and reruns the stage."""
    folder.mkdir(parents=True, exist_ok=True)
    for damage in damages:
        if damage.object.exists():  # two outputs may share an object
            shutil.move(damage.object, folder / f"{damage.object.parent.name}{damage.object.name}")


def _pinned(stage: "Stage") -> Iterator[tuple[str, str, Path]]:
    for out in stage.outs:
        # Objects of DVC 2 are named by the hash of the text without carriage returns: not judged here.
        if out.use_cache and out.hash_info and out.hash_info.name == "md5":
            yield from ((name_of(stage), str(out.def_path), path) for path in _objects(out))


def _objects(out: "Output") -> Iterator[Path]:
    """Yield the output's object, and those of its files if it is a folder with a readable listing."""
    top = _path(out, out.hash_info.value)
    yield top
    if out.hash_info.isdir and top.is_file() and file_hash(top) == _digest(top):
        tree = out.get_obj()
        for _, _, hash_info in tree if tree is not None else ():
            yield _path(out, hash_info.value)


def _path(out: "Output", oid: Any) -> Path:
    return Path(out.cache.oid_to_path(oid))


def _judged(objects: Iterable[tuple[str, str, Path]]) -> tuple[Damage, ...]:
    return tuple(found for stage, output, path in objects if (found := _judge(stage, output, path)))


def _judge(stage: str, output: str, path: Path) -> Damage | None:
    if not path.is_file():
        return None
    found = file_hash(path)
    return None if found == _digest(path) else Damage(stage, output, path, found)


def _digest(path: Path) -> str:
    """Return the hash in an object's path in the cache: `abcdef` for `ab/cdef.dir`."""
    return f"{path.parent.name}{path.name.removesuffix(DIRECTORY)}"
