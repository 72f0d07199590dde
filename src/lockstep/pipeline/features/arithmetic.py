"""Expressions compiled to SQL that cannot fail on any row: a result that is not finite is missing.

All operations of one level become the columns of one SELECT, which the next level reads. So an
operation can test its arguments several times (for null, for zero) without the SQL growing
with each level, and an expression used twice is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lockstep.artifacts.expressions import Call, Expression, Name, Node, Number, in_order_of_use
from lockstep.pipeline.features.tables import inside

if TYPE_CHECKING:
    import ibis.expr.types as ir


def with_expressions(table: ir.Table, expressions: Sequence[Expression]) -> ir.Table:
    """Return `table` with one float64 column more per expression, under its `inside` name.

    Division by zero, the logarithm of a number that is not positive, the root of a negative number and every
    result that is not finite are null; null in any argument is null in the result, except for coalesce.
    """
    plan = _Plan(table.columns)
    outputs = {expression.name: plan.add_expression(expression) for expression in in_order_of_use(expressions)}
    widened = table
    for level in plan.levels:
        widened = widened.mutate(
            **{key: _operation(widened, call.function, arguments) for key, (call, arguments) in level.items()}
        )
    return widened.select(*table.columns, **{inside(e.name): _read(widened, outputs[e.name]) for e in expressions})


Argument = float | str
"""A constant, or the column that holds the value."""


class _Plan:
    """Operations by level; each reads columns of the levels before its own."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.levels: list[dict[str, tuple[Call, list[Argument]]]] = []
        self._depth: dict[str, int] = dict.fromkeys(columns, 0)
        self._column: dict[Node, Argument] = {}

    def add_expression(self, expression: Expression) -> Argument:
        self._column[Name(expression.name)] = self._add(expression.root)
        return self._column[Name(expression.name)]

    def _add(self, node: Node) -> Argument:
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Name):
            return self._column.get(node, inside(node.name))
        if node not in self._column:
            arguments = [self._add(argument) for argument in node.arguments]
            depth = max((self._depth[a] for a in arguments if isinstance(a, str)), default=0)
            key = f"operation {len(self._depth)}"
            if depth == len(self.levels):
                self.levels.append({})
            self.levels[depth][key] = (node, arguments)
            self._depth[key] = depth + 1
            self._column[node] = key
        return self._column[node]


def _operation(table: ir.Table, function: str, arguments: Sequence[Argument]) -> ir.Value:
    return OPERATIONS[function](*(_read(table, argument) for argument in arguments)).cast("float64")


def _read(table: ir.Table, argument: Argument) -> ir.Value:
    """Return a value that is finite or null."""
    import ibis

    if isinstance(argument, float):
        return ibis.literal(argument, type="float64")
    column = table[argument]
    return (column.isnan() | column.isinf()).ifelse(None, column).cast("float64")


def _where(condition: ir.BooleanValue, value: ir.Value) -> ir.Value:
    return condition.ifelse(value, None)


def _power(base: ir.Value, exponent: ir.Value) -> ir.Value:
    # A root of a negative number, and a negative power of zero, have no value: they are null in every engine.
    whole = exponent % 1 == 0  # not floor, which Ibis makes an integer
    return _where((base > 0) | ((base == 0) & (exponent >= 0)) | ((base < 0) & whole), base**exponent)


def _all_known(choose: Callable[..., ir.Value]) -> Callable[..., ir.Value]:
    def chosen(*values: ir.Value) -> ir.Value:
        known = values[0].notnull()
        for value in values[1:]:
            known &= value.notnull()
        return _where(known, choose(*values))  # SQL engines differ: some skip nulls here

    return chosen


def _greatest(*values: ir.Value) -> ir.Value:
    import ibis

    return ibis.greatest(*values)


def _least(*values: ir.Value) -> ir.Value:
    import ibis

    return ibis.least(*values)


def _coalesce(*values: ir.Value) -> ir.Value:
    import ibis

    return ibis.coalesce(*values)


OPERATIONS: dict[str, Callable[..., ir.Value]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b.nullif(0),
    "**": _power,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "neg": lambda a: -a,
    "abs": lambda a: a.abs(),
    "exp": lambda a: a.exp(),
    "log": lambda a: _where(a > 0, a.ln()),
    "log1p": lambda a: _where(a > -1, (a + 1).ln()),
    "sqrt": lambda a: _where(a >= 0, a.sqrt()),
    "max": _all_known(_greatest),
    "min": _all_known(_least),
    "coalesce": _coalesce,
}
