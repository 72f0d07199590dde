"""Compiled expressions: a result that is not finite is missing, and nothing fails."""

import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.artifacts.expressions import FUNCTIONS, OPERATORS, Call, Expression, Name, Node, Number, parse
from lockstep.pipeline.features.arithmetic import OPERATIONS, with_expressions
from lockstep.pipeline.features.tables import inside
from tests.unit.pipeline.features.worlds import connect, table_of

VALUES = [None, 0.0, -0.0, 1.0, -1.0, 2.5, -3.0, 1e308, -1e308, 5e-324, 0.1, 700.0]


def evaluate(
    expressions: dict[str, Node], rows: list[tuple[float | None, float | None]]
) -> list[dict[str, float | None]]:
    backend = connect()
    columns = {
        inside("a"): pa.array([a for a, _ in rows], pa.float64()),
        inside("b"): pa.array([b for _, b in rows], pa.float64()),
    }
    table = table_of(backend, "given", pa.table({"place": range(len(rows)), **columns}))
    wide = with_expressions(table, [Expression(name, root) for name, root in expressions.items()])
    return wide.order_by("place").select(**{name: wide[inside(name)] for name in expressions}).to_pyarrow().to_pylist()


def reference(node: Node, row: dict[str, float | None]) -> float | None:
    """Evaluate with Python's floats; what Python refuses, and what is not finite, is None."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        return row[node.name]
    values = [reference(argument, row) for argument in node.arguments]
    if node.function == "coalesce":
        return next((value for value in values if value is not None), None)
    if any(value is None for value in values):
        return None
    try:
        found = float(PYTHON[node.function](*values))
    except (ArithmeticError, ValueError, TypeError):
        return None
    return found if math.isfinite(found) else None


PYTHON = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
    "**": math.pow, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "neg": lambda a: -a, "abs": abs,
    "exp": math.exp, "log": math.log, "log1p": lambda a: math.log(1 + a), "sqrt": math.sqrt, "max": max, "min": min,
}  # fmt: skip


def test_every_operator_and_function_is_compiled() -> None:
    assert set(OPERATIONS) == {*FUNCTIONS, *OPERATORS.values(), "neg"} == {*PYTHON, "coalesce"}


@pytest.mark.parametrize("function", sorted(OPERATIONS))
def test_an_operation_equals_pythons_or_is_missing(function: str) -> None:
    unary = FUNCTIONS.get(function, (2, 2))[1] == 1 or function == "neg"
    node = Call(function, (Name("a"),) if unary else (Name("a"), Name("b")))
    rows = [(a, b) for a in VALUES for b in VALUES]
    for row, found in zip(rows, evaluate({"x": node}, rows), strict=True):
        expected = reference(node, {"a": row[0], "b": row[1]})
        assert found["x"] == (None if expected is None else pytest.approx(expected, rel=1e-12)), row


nodes = st.recursive(
    st.one_of(st.sampled_from([Name("a"), Name("b")]), st.sampled_from([0.0, 1.0, -2.0, 1e200]).map(Number)),
    lambda inner: st.one_of(
        st.builds(
            lambda f, a, b: Call(f, (a, b)), st.sampled_from(["+", "-", "*", "/", "coalesce", "min", "<"]), inner, inner
        ),
        st.builds(lambda f, a: Call(f, (a,)), st.sampled_from(["neg", "abs", "sqrt", "log"]), inner),
    ),
    max_leaves=12,
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(nodes)
def test_a_tree_equals_pythons_at_every_level(node: Node) -> None:
    """An infinity in the middle does not come back as a number: 1 / (1e200 * 1e200) is missing, not 0."""
    rows = [(a, b) for a in (None, 0.0, 2.5, -1e200) for b in (None, 0.0, -3.0)]
    for row, found in zip(rows, evaluate({"x": node}, rows), strict=True):
        expected = reference(node, {"a": row[0], "b": row[1]})
        assert found["x"] == (None if expected is None else pytest.approx(expected, rel=1e-9)), (node, row)


def test_a_long_chain_of_expressions_does_not_grow_beyond_its_length() -> None:
    """Each uses the one before twice: inlined, the last would have 2 ** 40 terms."""
    chain = {"e0": parse("a")} | {f"e{n}": parse(f"(e{n - 1} + e{n - 1}) / 2") for n in range(1, 41)}
    assert evaluate(chain, [(3.0, None)])[0]["e40"] == 3.0
