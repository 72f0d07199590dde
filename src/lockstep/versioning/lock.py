"""What dvc.lock says was made from what, as values."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lockstep.core.errors import LockstepError
from lockstep.versioning.yaml_document import parse

LOCK = "dvc.lock"
MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")


@dataclass(frozen=True)
class Pin:
    """A file or directory under the hash that DVC knows it by; a directory's ends in `.dir`, an unknown one is empty.

    Path and hash make a pin: what else is known of it does not tell two apart.
    """

    path: str
    md5: str
    size: int | None = field(default=None, compare=False)
    files: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Param:
    """One key that a stage read, dotted, and its value as JSON."""

    name: str
    value: str


@dataclass(frozen=True)
class Execution:
    """One run of a stage: by what command, from what, with what, to what."""

    stage: str
    cmd: str
    deps: tuple[Pin, ...] = ()
    params: tuple[Param, ...] = ()
    outs: tuple[Pin, ...] = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # Of hundreds of values, and asked for again and again.
        return hash((self.stage, self.cmd, self.deps, self.params, self.outs))


@dataclass(frozen=True)
class Lock:
    """All that one dvc.lock records, in its own order."""

    executions: tuple[Execution, ...] = ()

    @property
    def outs(self) -> dict[str, Pin]:
        """Everything that a stage made, by path."""
        return {pin.path: pin for execution in self.executions for pin in execution.outs}

    @property
    def pins(self) -> tuple[Pin, ...]:
        """Everything that a stage read or made, each once; a path may be there under two hashes."""
        return tuple(dict.fromkeys(pin for one in self.executions for pin in (*one.outs, *one.deps)))


def read_lock(text: str, where: str) -> Lock:
    """Return the lock that a text holds.

    Args:
        text: of a dvc.lock.
        where: it stands, for errors.

    Raises:
        LockstepError: it is no dvc.lock that DVC 3 wrote.
    """
    try:
        stages = parse(text).get("stages") or {}
        return Lock(tuple(_execution(name, stage) for name, stage in stages.items()))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LockstepError(f"{where}: not a dvc.lock that can be read", [str(error)]) from error


def _execution(name: Any, stage: Mapping[str, Any]) -> Execution:
    read, made = pins(stage.get("deps")), pins(stage.get("outs"))
    return execution(name, stage.get("cmd"), params(stage.get("params")), read, made)


def execution(name: Any, cmd: Any, params: Iterable[Param], deps: Iterable[Pin], outs: Iterable[Pin]) -> Execution:
    """Return what dvc.lock says of a stage, its params and pins read already."""
    if not isinstance(cmd, str | list):
        raise TypeError(f"{name}: no cmd")
    text = cmd if isinstance(cmd, str) else " && ".join(cmd)
    return Execution(str(name), text, tuple(deps), tuple(params), tuple(outs))


def pins(entries: Any) -> Iterator[Pin]:
    """Yield the entries of a stage's deps or outs."""
    for entry in entries or ():
        md5 = entry.get("md5", "")
        # What DVC knows by an etag or a checksum, on another storage, has no content that this machine could hash.
        yield Pin(str(entry["path"]), md5 if MD5.fullmatch(md5) else "", entry.get("size"), entry.get("nfiles"))


def params(files: Mapping[str, Mapping[str, Any]] | None) -> Iterator[Param]:
    """Yield a stage's params, file -> key -> value, one for each value that is no mapping."""
    for file, values in (files or {}).items():
        for name, value in values.items():
            # The default file goes without its name, as in dvc.yaml.
            yield from _leaves(name if file == "params.yaml" else f"{file}:{name}", value)


def _leaves(name: str, value: Any) -> Iterator[Param]:
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            yield from _leaves(f"{name}.{key}", below)
    else:
        yield Param(name, _json(value))


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)
    except ValueError:  # JSON knows no infinite number
        return json.dumps(str(value))
