"""The meaning of a key of params.yaml: the docstring of its field, shown in reviews."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from lockstep.core.spec import Spec
from lockstep.params.document import Params


def meaning(key: str) -> str | None:
    """Return the docstring of the innermost field of a dotted key, or None.

    A user-defined name (table, feature, hyperparameter; it may contain dots) or a list index has the docstring of the
    field around it. If a section is one of two types, a field of both has both docstrings.
    """
    return _below(Params, key.split("."), None)


@cache
def described(spec: type[Spec]) -> dict[str, str]:
    """Return field -> docstring; empty if the package has no source files.

    pydantic's `use_attribute_docstrings` reads them at every import, which then takes a third longer.
    """
    try:
        tree = ast.parse(inspect.getsource(spec))
    except OSError:
        return {}
    found = {}
    for statements in pairwise(next(node.body for node in tree.body if isinstance(node, ast.ClassDef))):
        match statements:
            case ast.AnnAssign(target=ast.Name(id=field)), ast.Expr(value=ast.Constant(value=str(text))):
                found[field] = " ".join(text.split())
    return found


def _below(kind: Any, keys: list[str], outer: str | None) -> str | None:
    """Return the docstring of `keys` below type `kind`; `outer` is the docstring of the field around it."""
    if not keys:
        return outer
    found = (_inside(arm, keys[0], keys[1:], outer) for arm in _arms(kind))
    return " ".join(dict.fromkeys(text for text in found if text)) or None


def _inside(kind: Any, first: str, rest: list[str], outer: str | None) -> str | None:
    if isinstance(kind, type) and issubclass(kind, Spec):
        field = kind.model_fields.get(first)
        return _below(field.annotation, rest, described(kind).get(first, outer)) if field else None
    if get_origin(kind) is dict:
        return _below(get_args(kind)[1], rest, outer) or outer
    if get_origin(kind) is tuple and first.isdecimal():
        return _below(get_args(kind)[0], rest, outer)
    return None


def _arms(kind: Any) -> Iterator[Any]:
    """Yield the types of a value, without pydantic's annotations."""
    if get_origin(kind) is Annotated:
        yield from _arms(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for arm in get_args(kind):
            yield from _arms(arm)
    else:
        yield kind
