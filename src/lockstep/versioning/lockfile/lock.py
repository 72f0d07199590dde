"""Reading dvc.lock: each stage with its inputs, parameters and outputs."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from lockstep.core.errors import LockstepError
from lockstep.versioning.lockfile.yaml_reader import parse

LOCK = "dvc.lock"
MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")


@dataclass(frozen=True)
class Pin:
    """A file or directory with its DVC hash: a directory's ends in `.dir`, an unknown one is empty.

    Two pins are equal if path and hash are; size and number of files do not count.
    """

    path: str
    md5: str
    size: int | None = field(default=None, compare=False)
    files: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Param:
    """A dotted key that a stage read, and its value as JSON."""

    name: str
    value: str


@dataclass(frozen=True)
class Execution:
    """One run of a stage: its command, what it read, its parameters, what it wrote."""

    stage: str
    cmd: str
    deps: tuple[Pin, ...] = ()
    params: tuple[Param, ...] = ()
    outs: tuple[Pin, ...] = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # Hundreds of values, and the hash is needed many times.
        return hash((self.stage, self.cmd, self.deps, self.params, self.outs))


@dataclass(frozen=True)
class Lock:
    """The stages of one dvc.lock, in its order."""

    executions: tuple[Execution, ...] = ()

    @property
    def outs(self) -> dict[str, Pin]:
        """Everything that a stage wrote, by path."""
        return {pin.path: pin for execution in self.executions for pin in execution.outs}

    @property
    def pins(self) -> tuple[Pin, ...]:
        """Everything that a stage read or wrote, each once; a path may occur under two hashes."""
        return tuple(dict.fromkeys(pin for one in self.executions for pin in (*one.outs, *one.deps)))


def read_lock(text: str, where: str) -> Lock:
    """Parse the text of a dvc.lock.

    Args:
        text: of a dvc.lock.
        where: the source of the text, for errors.

    Raises:
        LockstepError: it is not a dvc.lock of DVC 3.
    """
    stages = read_stages(text, where)
    try:
        return Lock(tuple(_execution(str(name), stage) for name, stage in stages.items()))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _unreadable(where, error) from error


def read_stages(text: str, where: str) -> dict[str, Any]:
    """Return stage -> entry of a lock as plain values, which are not checked.

    Raises:
        LockstepError: it is not YAML, or its stages are no mapping.
    """
    try:
        return dict(parse(text).get("stages") or {})
    except (ValueError, TypeError) as error:
        raise _unreadable(where, error) from error


def lock_text(root: Path) -> str:
    """Return the text of a checkout's dvc.lock.

    Raises:
        LockstepError: there is none yet.
    """
    path = root / LOCK
    if not path.is_file():
        raise LockstepError(f"{path}: missing; run `dvc repro`")
    return path.read_text(encoding="utf-8")


def _unreadable(where: str, error: Exception) -> LockstepError:
    return LockstepError(f"{where}: not a dvc.lock that can be read", [str(error)])


def _execution(name: str, stage: Mapping[str, Any]) -> Execution:
    command = stage.get("cmd")
    if not isinstance(command, str | list):
        raise TypeError(f"{name}: no cmd")
    text = command if isinstance(command, str) else " && ".join(command)
    read, made = _pins(stage.get("deps")), _pins(stage.get("outs"))
    return Execution(name, text, tuple(read), tuple(params(stage.get("params"))), tuple(made))


def _pins(entries: Any) -> Iterator[Pin]:
    for entry in entries or ():
        md5 = entry.get("md5", "")
        # Other storage has etags or checksums, which cannot be computed from the content.
        yield Pin(str(entry["path"]), md5 if MD5.fullmatch(md5) else "", entry.get("size"), entry.get("nfiles"))


def params(files: Mapping[str, Mapping[str, Any]] | None) -> Iterator[Param]:
    """Yield a stage's parameters, file -> key -> value, one for each value that is no mapping."""
    for file, values in (files or {}).items():
        for name, value in values.items():
            # The default file is not named, as in dvc.yaml.
            yield from _leaves(name if file == "params.yaml" else f"{file}:{name}", value)


def _leaves(name: str, value: Any) -> Iterator[Param]:
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            yield from _leaves(f"{name}.{key}", below)
    else:
        yield Param(name, _json(value))


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=str)


def _json(value: Any) -> str:
    try:
        return _ENCODER.encode(value)
    except ValueError:  # JSON has no infinity
        return json.dumps(str(value))
