"""YAML 1.2, as DVC writes it, read twenty times as fast as by a parser in pure Python."""

import re
from typing import Any

import yaml

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without libyaml: slower, same values


class _Loader(_Base):  # type: ignore[misc] # one of two classes, chosen at import
    """PyYAML reads YAML 1.1, where `yes` is a boolean and `1:30` a number; in YAML 1.2 both are text."""

    yaml_implicit_resolvers: dict[str, Any] = {}


class _PureLoader(yaml.SafeLoader):
    """Reads escapes of lone surrogates, which DVC writes and libyaml refuses."""

    yaml_implicit_resolvers: dict[str, Any] = {}


DEEPEST = 100
"""Levels of nesting: libyaml's composer crashes the process at about ten thousand."""
MOST = 1_000_000
"""Values that a document may expand to: with aliases, a few lines can expand to billions."""
WORD = 64  # characters that count as one more value
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
DIGITS = 1000
"""Maximum number of digits of an integer."""


def _integer(loader: Any, node: Any) -> int:
    text = loader.construct_scalar(node)
    if len(text) > DIGITS:
        raise ValueError(f"a number of more than {DIGITS:,} digits")
    return int(text, 0) if text[:2] in ("0x", "0o") else int(text)


_KINDS = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
}
for _kind, (_pattern, _first) in _KINDS.items():
    for _class in (_Loader, _PureLoader):
        _class.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"(?:{_pattern})\Z"), _first)
        _class.add_constructor("tag:yaml.org,2002:int", _integer)


def parse(text: str) -> dict[str, Any]:
    """Return the mapping in a YAML text; an empty one for an empty text.

    Raises:
        ValueError: the text is not YAML, holds no mapping, or is nested too deep or too large.
    """
    try:
        found = _load(text, _PureLoader if _SURROGATE.search(text) else _Loader)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
    except (LookupError, AttributeError, TypeError, ArithmeticError) as error:  # `!!bool maybe`, `!!timestamp soon`
        raise ValueError(f"a value does not have the type of its tag ({error})") from error
    if found is not None and not isinstance(found, dict):
        raise ValueError(f"expected a mapping, got {type(found).__name__}")
    return found or {}


def _load(text: str, kind: Any) -> Any:
    loader = kind(text)
    try:
        found, plain = _Builder(loader).build()
    finally:
        loader.dispose()
    if not plain:
        found = yaml.load(text, Loader=kind)  # noqa: S506 # a safe loader, with fewer types
        _measure(found, {})
    return found


class _Builder:
    """Builds the value of a document from libyaml's events, twice as fast as through PyYAML's nodes."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._scalars: dict[str, Any] = {}
        self._documents: list[Any] = []
        self._open: list[Any] = [self._documents]
        self._keys: list[Any] = [()]  # of each open mapping, its key that still has no value: (key,)

    def build(self) -> tuple[Any, bool]:
        """Return the value, and whether it is complete: anchors, aliases and tags are left to PyYAML.

        Raises:
            ValueError: nested too deep, or more than one document.
        """
        plain, get_event, scalars = True, self._loader.get_event, self._scalars
        while (kind := type(event := get_event())) is not yaml.StreamEndEvent:
            if kind is yaml.ScalarEvent:
                plain = plain and event.tag is None and event.anchor is None
                text = event.value
                if event.implicit[0] and plain:  # not quoted
                    text = scalars[text] if text in scalars else self._scalar(text)
                self._add(text)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                plain = plain and event.tag is None and event.anchor is None
                self._start({} if kind is yaml.MappingStartEvent else [])
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._open.pop()
                self._keys.pop()
            elif kind is yaml.AliasEvent:
                plain = False
                self._add(None)
        if len(self._documents) > 1:
            raise ValueError("expected one document, got several")
        return (self._documents[0] if self._documents else None), plain

    def _start(self, value: Any) -> None:
        if len(self._open) > DEEPEST:
            raise ValueError(f"nested more than {DEEPEST} levels deep")
        self._add(value)
        self._open.append(value)
        self._keys.append(())

    def _add(self, value: Any) -> None:
        parent, key = self._open[-1], self._keys[-1]
        if isinstance(parent, list):
            parent.append(value)
        elif key:
            parent[key[0]] = value
            self._keys[-1] = ()
        else:
            self._keys[-1] = (value,)

    def _scalar(self, text: str) -> Any:
        """Return the value of unquoted text, cached: most texts of a lock occur many times."""
        tag = self._loader.resolve(yaml.ScalarNode, text, (True, False))
        self._scalars[text] = value = self._loader.construct_object(yaml.ScalarNode(tag, text))
        return value


def _measure(value: Any, known: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """Return the number of values that one expands to, and its depth; a value with several aliases is visited once.

    Raises:
        ValueError: a value contains itself, or there are too many.
    """
    if not isinstance(value, dict | list | set | tuple):
        return 1 + (len(value) // WORD if isinstance(value, str | bytes) else 0), 0
    if id(value) in known:
        found = known[id(value)]
        if found is None:
            raise ValueError("a value contains itself")
        return found
    known[id(value)] = None
    inside = [_measure(one, known) for one in (value.values() if isinstance(value, dict) else value)]
    size, depth = 1 + sum(size for size, _ in inside), 1 + max((depth for _, depth in inside), default=0)
    if size > MOST or depth > DEEPEST:
        raise ValueError(f"expands to more than {MOST:,} values or {DEEPEST} levels")
    known[id(value)] = size, depth
    return size, depth
