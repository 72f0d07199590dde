"""Expressions over features: parsed by Python's own grammar, checked node by node, never run as Python."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from lockstep.core.errors import LockstepError, closest, shorten

LONGEST = 1000  # characters
DEEPEST = 50  # levels; Python's own parser gives up far later

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
FUNCTIONS: dict[str, tuple[int, int]] = {
    "abs": (1, 1), "coalesce": (2, 8), "exp": (1, 1), "log": (1, 1), "log1p": (1, 1),
    "max": (2, 8), "min": (2, 8), "sqrt": (1, 1),
}  # fmt: skip
"""Name -> least and greatest number of arguments."""

ALLOWED = f"numbers, features, + - * / ** < <= > >= == !=, {', '.join(FUNCTIONS)}; odd names in `backticks`"


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Name:
    """A feature, or another expression."""

    name: str


@dataclass(frozen=True)
class Call:
    """An operator or a function over its arguments; `neg` is the sign."""

    function: str
    arguments: tuple["Node", ...]


Node = Number | Name | Call


@dataclass(frozen=True)
class Expression:
    """A feature computed from others at the same cutoff."""

    name: str
    root: Node


def parse_expressions(
    texts: Mapping[str, str], features: Mapping[str, bool], faults: list[str]
) -> tuple[Expression, ...]:
    """Return the expressions in their own order; add what is wrong to `faults`.

    Args:
        texts: name -> expression.
        features: every other feature -> whether it is a number.
        faults: one line is appended per expression that cannot be used.
    """
    roots: dict[str, Node] = {}
    for name, text in texts.items():
        try:
            roots[name] = parse(text)
            _check_names(roots[name], features, texts)
        except LockstepError as error:
            faults.append(f"features.expressions.{name}: {error.what}; got {shorten(text, 80)!r}")
    if faults:
        return ()
    expressions = tuple(Expression(name, root) for name, root in roots.items())
    try:
        in_order_of_use(expressions)
    except CycleError as error:
        faults.append(f"features.expressions: circular, each needs the next: {' -> '.join(error.args[1])}")
    return expressions


def in_order_of_use(expressions: Sequence[Expression]) -> tuple[Expression, ...]:
    """Return the expressions such that each one uses only those before it.

    Raises:
        CycleError: there is no such order.
    """
    named = {expression.name: expression for expression in expressions}
    needs = {e.name: dict.fromkeys(name for name in names_in(e.root) if name in named) for e in expressions}
    return tuple(named[name] for name in TopologicalSorter(needs).static_order())


def parse(text: str) -> Node:
    """Return the tree of an expression.

    Raises:
        LockstepError: it is not an expression, or uses anything but what is listed in `ALLOWED`.
    """
    if len(text) > LONGEST:
        raise LockstepError(f"expected at most {LONGEST} characters")
    quoted: list[str] = []

    def placeholder(match: re.Match[str]) -> str:
        quoted.append(match[1])
        return f" _{len(quoted) - 1}_ "

    plain = re.sub(r"`([^`]+)`", placeholder, text)
    if re.search(r"\b_\d+_\b", re.sub(r"`[^`]+`", "", text)):
        raise LockstepError("names such as _0_ need `backticks`")
    try:
        tree = ast.parse(plain.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise LockstepError(f"not an expression; allowed are {ALLOWED}") from error
    return _node(tree.body, quoted, 0)


def names_in(node: Node) -> Iterator[str]:
    """Yield the names that a tree uses, from left to right."""
    if isinstance(node, Name):
        yield node.name
    elif isinstance(node, Call):
        for argument in node.arguments:
            yield from names_in(argument)


def _check_names(root: Node, features: Mapping[str, bool], texts: Mapping[str, str]) -> None:
    for name in names_in(root):
        if name not in features and name not in texts:
            raise LockstepError(f"there is no feature {name!r}{closest(name, [*features, *texts])}")
        if not features.get(name, True):
            raise LockstepError(f"{name!r} is a category or a text, not a number")


def _node(node: ast.expr, quoted: list[str], depth: int) -> Node:
    if depth > DEEPEST:
        raise LockstepError(f"nested deeper than {DEEPEST} levels; split it into several expressions")
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _number(value)
        case ast.Name(id=name):
            return Name(quoted[int(name[1:-1])] if re.fullmatch(r"_\d+_", name) else name)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            inner = _node(operand, quoted, depth + 1)
            return Call("neg", (inner,)) if isinstance(node.op, ast.USub) else inner
        case ast.BinOp(op=op) if type(op) in OPERATORS:
            arguments: list[ast.expr] = [node.left, node.right]
            return Call(OPERATORS[type(op)], tuple(_node(a, quoted, depth + 1) for a in arguments))
        case ast.Compare(ops=[op], comparators=[right]) if type(op) in OPERATORS:
            return Call(OPERATORS[type(op)], tuple(_node(a, quoted, depth + 1) for a in (node.left, right)))
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
            return _call(name, node.args, quoted, depth)
    raise LockstepError(f"{_piece(node)} is not allowed; allowed are {ALLOWED}")


def _call(name: str, arguments: list[ast.expr], quoted: list[str], depth: int) -> Call:
    least, most = FUNCTIONS[name]
    if not least <= len(arguments) <= most:
        raise LockstepError(f"{name} takes {least if least == most else f'{least} to {most}'} values")
    return Call(name, tuple(_node(argument, quoted, depth + 1) for argument in arguments))


def _number(value: float) -> Number:
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if number in (float("inf"), float("-inf")):
        raise LockstepError("a number is too large")
    return Number(number)


def _piece(node: ast.expr) -> str:
    try:
        return repr(shorten(ast.unparse(node), 40))
    except RecursionError:
        return "a part"
