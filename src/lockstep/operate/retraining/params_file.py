"""Change keys of params.yaml, and no other line."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ruamel.yaml import YAML

from lockstep.core.errors import LockstepError, closest
from lockstep.core.files import whole_file
from lockstep.core.spec import read_document
from lockstep.params.document import Params, load_all


def change(path: Path, values: Mapping[str, Any]) -> Params:
    """Set dotted keys of params.yaml, keep comments, order and layout, and return the new parameters.

    Args:
        path: of the file, laid out as DVC writes it.
        values: `train.params.max_depth` -> a JSON value. The key must exist.

    Raises:
        LockstepError: a key does not exist, or the result is not valid; the file is unchanged.
    """
    read_document(path)  # raises if there is no such file, or it is not YAML
    yaml = YAML()
    document = yaml.load(path.read_bytes())
    if faults := [fault for key in values if (fault := _fault(document, key))]:
        raise LockstepError(f"{path.name}: cannot be changed", faults)
    for key, value in values.items():
        *parents, last = key.split(".")
        _put(_section(document, parents), last, value)
    with whole_file(path) as partial:
        yaml.dump(document, partial)
        try:
            return load_all(partial)  # before the file is replaced
        except LockstepError as error:
            raise LockstepError(f"{path.name}: cannot be changed", error.details) from error


def check(path: Path, values: Mapping[str, Any]) -> None:
    """Raise what `change` would raise; the file stays as it is."""
    with TemporaryDirectory() as folder:
        change(Path(shutil.copy(path, Path(folder) / path.name)), values)


def _put(section: Any, key: str, value: Any) -> None:
    """Set one key; a mapping is updated value by value, to keep its comments and style."""
    there = section.get(key)
    if isinstance(there, dict) and isinstance(value, dict):
        for gone in [name for name in there if name not in value]:
            del there[gone]
        for name, inner in value.items():
            _put(there, name, inner)
    elif key not in section or there != value or isinstance(there, bool) != isinstance(value, bool):
        section[key] = value


def _fault(document: Any, key: str) -> str | None:
    *parents, last = key.split(".")
    for depth in range(len(parents) + 1):
        section = _section(document, parents[:depth])
        name = [*parents, last][depth]
        if not isinstance(section, dict) or name not in section:
            known = [str(k) for k in section] if isinstance(section, dict) else []
            near = closest(name, known) or (f"; expected one of {', '.join(known)}" if known else "")
            return f"{'.'.join([*parents, last][: depth + 1])}: no such key{near}"
    return None


def _section(document: Any, parents: list[str]) -> Any:
    for parent in parents:
        document = document[parent]
    return document
