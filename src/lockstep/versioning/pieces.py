"""Many versions of one dvc.lock: they are nearly the same, so each piece of text is read once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lockstep.versioning.lock import Execution, Lock, Param, Pin, execution, params, pins, read_lock
from lockstep.versioning.yaml_document import parse

HEAD = re.compile(r"schema: \S+\nstages:\n(?=  \S)")
STAGE = re.compile(r"^(?=  [^\s#])", re.MULTILINE)
KEY = re.compile(r"^(?=    [a-z]+:)", re.MULTILINE)
FILE = re.compile(r"^(?=      [^\s-])", re.MULTILINE)
KEY_OF_FILE = re.compile(r"^(?=        [^\s-])", re.MULTILINE)
ITEM = re.compile(r"^(?=    - )", re.MULTILINE)
# Nothing of one piece may reach into another: no anchor, no document's end, no line further to the left.
SIMPLE = re.compile(r"(?:  [^\s#&*!][^\n]*:\n(?:    [^\n]+\n|\n)+)+")


@dataclass(frozen=True)
class Pieces:
    """Reads locks as `read_lock` does; what it has read before costs nothing."""

    _stages: dict[str, Execution] = field(default_factory=dict)
    _params: dict[tuple[str, str], tuple[Param, ...]] = field(default_factory=dict)
    _pins: dict[str, tuple[Pin, ...]] = field(default_factory=dict)

    def read(self, text: str, where: str) -> Lock:
        """Return the lock that a text holds.

        Raises:
            LockstepError: see `read_lock`.
        """
        head = HEAD.match(text)
        body = text[head.end() :] if head else ""
        if not SIMPLE.fullmatch(body):  # not as DVC lays it out: merged or edited by hand
            return read_lock(text, where)
        try:
            return Lock(tuple(self._stage(piece) for piece in STAGE.split(body) if piece))
        except (ValueError, TypeError, KeyError, AttributeError):
            return read_lock(text, where)  # which says what is wrong, or reads it after all

    def _stage(self, piece: str) -> Execution:
        if piece not in self._stages:
            self._stages[piece] = self._new(piece)
        return self._stages[piece]

    def _new(self, piece: str) -> Execution:
        title, *parts = KEY.split(piece)
        (name,) = parse(title)
        found = {key.strip(): part for part in parts for key in [part.partition(":")[0]]}
        command = parse(found["cmd"])["cmd"]
        read, made = (self._pins_of(found.get(kind, "")) for kind in ("deps", "outs"))
        return execution(name, command, self._params_of(found.get("params", "")), read, made)

    def _pins_of(self, part: str) -> tuple[Pin, ...]:
        head, _, items = part.partition(":\n")
        if not items:
            return tuple(pins(parse(part).get(head.strip())))
        return tuple(pin for item in ITEM.split(items) if item for pin in self._pin(item))

    def _params_of(self, part: str) -> tuple[Param, ...]:
        _, *files = FILE.split(part)
        return tuple(one for file in files for one in self._file(*KEY_OF_FILE.split(file)))

    def _file(self, name: str, *pieces: str) -> Iterator[Param]:
        for piece in pieces:
            if (name, piece) not in self._params:
                (file,) = parse(name)
                self._params[name, piece] = tuple(params({file: parse(piece)}))
            yield from self._params[name, piece]

    def _pin(self, item: str) -> tuple[Pin, ...]:
        if item not in self._pins:
            self._pins[item] = tuple(pins(parse(f"entries:\n{item}")["entries"]))
        return self._pins[item]
