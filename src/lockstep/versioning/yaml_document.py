"""YAML as DVC writes it (version 1.2), read ten times as fast as by a parser in pure Python."""

import re
from typing import Any

import yaml

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without libyaml: slower, the same values


class _Loader(_Base):  # type: ignore[misc] # one of two classes, chosen when imported
    """PyYAML reads YAML 1.1, in which `yes` is a truth and `1:30` a number; in 1.2 both are texts."""

    yaml_implicit_resolvers: dict[str, Any] = {}


DEEPEST = 100
"""Levels of nesting: libyaml's own composer ends the process at some ten thousand."""
MOST = 1_000_000
"""Values that a text may stand for; with aliases, a few lines stand for billions."""
WORD = 64  # characters that count as one more value
DIGITS = 1000
"""Of a whole number: Python writes no longer ones."""


def _whole(loader: Any, node: Any) -> int:
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
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"(?:{_pattern})\Z"), _first)
_Loader.add_constructor("tag:yaml.org,2002:int", _whole)


def parse(text: str) -> dict[str, Any]:
    """Return the mapping that a text holds; an empty one for an empty text.

    Raises:
        ValueError: it is not YAML, holds no mapping, or one that is too deep or too large to be worked with.
    """
    try:
        _check_depth(text)
        found = yaml.load(text, Loader=_Loader)  # noqa: S506 # a safe loader, with fewer types
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
    except (LookupError, AttributeError, TypeError, ArithmeticError) as error:  # `!!bool maybe`, `!!timestamp soon`
        raise ValueError(f"a value is not what its tag says ({error})") from error
    if found is not None and not isinstance(found, dict):
        raise ValueError(f"expected a mapping, got {type(found).__name__}")
    if "*" in text:  # an alias; without one, it holds no more than it has characters
        _measured(found, {})
    return found or {}


def _check_depth(text: str) -> None:
    brackets = text.count("[") + text.count("{")
    # Each level takes a bracket, or a column: most texts need no second look.
    if brackets < DEEPEST and max(map(len, text.splitlines()), default=0) < DEEPEST:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError(f"nested more than {DEEPEST} levels deep")


def _measured(value: Any, known: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """Return how many values one stands for, and how deep it is; each is looked at once, however often it is named."""
    if not isinstance(value, dict | list | set | tuple):
        return 1 + (len(value) // WORD if isinstance(value, str | bytes) else 0), 0
    if id(value) in known:
        found = known[id(value)]
        if found is None:
            raise ValueError("a value holds itself")
        return found
    known[id(value)] = None
    inside = [_measured(one, known) for one in (value.values() if isinstance(value, dict) else value)]
    size, depth = 1 + sum(size for size, _ in inside), 1 + max((depth for _, depth in inside), default=0)
    if size > MOST or depth > DEEPEST:
        raise ValueError(f"stands for more than {MOST:,} values or {DEEPEST} levels")
    known[id(value)] = size, depth
    return size, depth
