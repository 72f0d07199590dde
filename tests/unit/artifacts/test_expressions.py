"""Expressions: a small language that is never executed as Python."""

import builtins
import contextlib
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.artifacts.expressions import (
    ALLOWED,
    DEEPEST,
    FUNCTIONS,
    Call,
    Name,
    Number,
    parse,
    parse_expressions,
)
from lockstep.core.errors import LockstepError


def test_precedence_is_pythons() -> None:
    assert parse("a + b * -c ** 2") == Call(
        "+", (Name("a"), Call("*", (Name("b"), Call("neg", (Call("**", (Name("c"), Number(2.0))),)))))
    )


def test_odd_names_stand_in_backticks() -> None:
    assert parse('`a b` / `x"; DROP TABLE t; --`') == Call("/", (Name("a b"), Name('x"; DROP TABLE t; --')))
    assert parse("`class`") == Name("class")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_takes_its_number_of_arguments(name: str) -> None:
    least, most = FUNCTIONS[name]
    assert parse(f"{name}({', '.join(['a'] * least)})") == Call(name, (Name("a"),) * least)
    for wrong in {least - 1, most + 1}:
        with pytest.raises(LockstepError, match=f"{name} takes"):
            parse(f"{name}({', '.join(['a'] * wrong)})")


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')", "a.b", "a[0]", "lambda: 1", "'text'", "f'{a}'", "True", "None", "1j",
        "a if b else c", "[a for a in b]", "a and b", "not a", "a < b < c", "a in b", "log(a, base=2)", "log(*a)",
        "exit()", "a // b", "a % b", "~a", "(a := 1)", "...", "{}", "b'1'", "open('x')", "a.__class__", "*a",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(LockstepError) as caught:
        parse(text)
    assert ALLOWED in str(caught.value)


@pytest.mark.parametrize("text", ["", "a +", "a; b", "a = 1", "import os", "`a", "a\0b", "(" * 500, "1 2"])
def test_what_is_no_expression_is_a_message(text: str) -> None:
    with pytest.raises(LockstepError, match="not an expression"):
        parse(text)


def test_depth_length_and_size_of_numbers_are_bounded() -> None:
    for text, why in (
        ("-" * (DEEPEST + 1) + "a", "nested deeper"),
        ("a" * 1001, "at most 1000"),
        ("9" * 400, "too large"),
        ("1e999", "too large"),
    ):
        with pytest.raises(LockstepError, match=why):
            parse(text)
    assert parse("+".join(["a"] * DEEPEST))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(
                ["a", "(", ")", "+", "**", "1", ".", "__import__", "'os'", "`", "[", ":=", "log", ",", "\n"]
            ),
            max_size=20,
        ).map("".join),
    )
)
def test_no_text_does_more_than_parse_or_fail(text: str) -> None:
    before, known = set(sys.modules), set(vars(builtins))
    with contextlib.suppress(LockstepError):
        parse(text)
    assert set(sys.modules) == before
    assert set(vars(builtins)) == known


def faults_of(texts: dict[str, str], features: dict[str, bool]) -> list[str]:
    faults: list[str] = []
    parse_expressions(texts, features, faults)
    return faults


def test_an_unknown_name_is_reported_with_the_nearest_one() -> None:
    (fault,) = faults_of({"x": "orders_cont / 2"}, {"orders_count": True})
    assert "features.expressions.x" in fault
    assert "did you mean 'orders_count'?" in fault


def test_a_category_is_not_a_number() -> None:
    (fault,) = faults_of({"x": "plan + 1"}, {"plan": False})
    assert "'plan' is a category or a text" in fault


def test_expressions_may_use_each_other_in_any_order_but_not_in_a_circle() -> None:
    faults: list[str] = []
    found = parse_expressions({"b": "a + 1", "a": "f * 2"}, {"f": True}, faults)
    assert [e.name for e in found] == ["b", "a"]
    assert not faults
    (fault,) = faults_of({"a": "b", "b": "c", "c": "a"}, {})
    assert all(name in fault for name in "abc")
    assert faults_of({"a": "a + 1"}, {})
