"""Changes of params.yaml: of values, of types, of what is there at all; a hostile file ends in a LockstepError."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.core.errors import LockstepError
from lockstep.versioning.lockfile.lock import read_lock
from lockstep.workbench.review.params import MOST, changes
from lockstep.workbench.review.stages import to_run
from tests.unit.workbench.review.sides import side

BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
)
WIDE = "\n".join(["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{l: *a{n - 1}, r: *a{n - 1}}}" for n in range(1, 40))])
HOSTILE = {
    "alias bomb": BOMB,
    "alias bomb of mappings": WIDE,
    "long text many times": f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 10_000)}]",
    "list that holds itself": "a: &a [*a]",
    "mapping that holds itself": "a: &a {b: *a}",
    "deep list": f"a: {'[' * 200_000}",
    "deep mapping": f"a: {'{a: ' * 200_000}",
    "deep on one line": "- " * 100_000,
    "deep by indents": "\n".join(" " * level + "a:" for level in range(2000)),
    "deep by aliases": "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 5000))]),
    "no truth": "a: !!bool maybe",
    "no instant": "a: !!timestamp soon",
    "no number": 'a: !!float ""',
    "huge number": f"a: {'9' * 5000}",
    "huge number in hex": f"a: 0x{'f' * 5000}",
    "python": "a: !!python/object/apply:os.system [ls]",
    "no mapping": "- 1",
    "no YAML": "a: [",
    "key that is a list": "? [a]\n: 1",
    "control characters": "a: \x07",
}


def found(old: str, new: str) -> dict[str, tuple[str | None, str | None]]:
    return {one.key: (one.old, one.new) for one in changes(side(params=old), side(params=new))}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_quickly_an_error_that_names_it(what: Any) -> None:
    start = time.monotonic()
    with pytest.raises(LockstepError, match=r"^HEAD: params\.yaml: not valid YAML") as error:
        changes(side(params="a: 1"), side(params=HOSTILE[what]))
    assert len(str(error.value)) < 1000
    with pytest.raises(LockstepError, match=r"^HEAD: dvc\.yaml"):
        to_run(side(params="a: 1", dvc=HOSTILE[what], lock=""))
    with pytest.raises(LockstepError, match=r"not a dvc\.lock"):
        read_lock(HOSTILE[what], "HEAD: dvc.lock")
    assert time.monotonic() - start < 30


def test_too_many_keys_are_an_error() -> None:
    text = "\n".join(f"a{number}: 1" for number in range(MOST + 1))
    with pytest.raises(LockstepError, match="more than 20,000 keys"):
        changes(side(params="a: 1"), side(params=text))


def test_a_different_type_is_a_change_and_a_different_spelling_is_none() -> None:
    assert found("a: 1", 'a: "1"') == {"a": ("1", '"1"')}
    assert found("a: 1", "a: 1.0") == {"a": ("1", "1.0")}
    assert found("a: true", "a: 'true'") == {"a": ("true", '"true"')}
    assert found("a: 1e-3", "a: 0.001") == {}
    assert found("a: [1, 2]", "a:\n- 1\n- 2") == {}
    assert found("a: .nan", "a: .nan") == {}
    assert found("{a: 1, b: 2}", "{b: 2, a: 1}") == {}


def test_null_is_not_the_same_as_absent() -> None:
    assert found("a: null\nb: 1", "b: 1") == {"a": ("null", None)}
    assert found("b: 1", "a:\nb: 1") == {"a": (None, "null")}
    assert found("a: {}\nb: 1", "a: null\nb: 1") == {"a": ("{}", "null")}
    assert found("a: {b: 1}", "a: {}") == {"a": (None, "{}"), "a.b": ("1", None)}


def test_keys_that_are_not_strings_are_shown() -> None:
    assert found("2: a\ntrue: b\nnull: c", "2: x\ntrue: y\nnull: z\n2.5: {7: d}") == {
        "2": ('"a"', '"x"'), "True": ('"b"', '"y"'), "None": ('"c"', '"z"'), "2.5.7": (None, '"d"'),
    }  # fmt: skip


def test_a_key_with_a_dot_hides_no_change_of_the_nested_key_with_the_same_name() -> None:
    assert found("train: {depth: 4}", 'train: {depth: 9}\n"train.depth": 4') == {"train.depth": ("4", "9 and 4")}
    assert found("1: a", "1: b\n'1': a") == {"1": ('"a"', '"b" and "a"')}


def test_changes_with_a_warning_come_first() -> None:
    old, new = (f"train: {{a: {n}}}\nseed: {n}\ntrack: {{b: {n}}}" for n in (1, 2))
    assert list(found(old, new)) == ["seed", "train.a", "track.b"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.text(max_size=5), VALUES, max_size=4), st.dictionaries(st.text(max_size=5), VALUES, max_size=4)
)
def test_equal_values_are_no_change_and_removed_keys_are_new_in_reverse(old: Any, new: Any) -> None:
    import yaml

    first, second = (yaml.safe_dump(one, allow_unicode=True) for one in (old, new))
    assert found(first, first) == {}
    there, back = found(first, second), found(second, first)
    assert {key: (b, a) for key, (a, b) in there.items()} == back
