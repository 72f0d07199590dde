"""The merged file, byte for byte."""

import re
from pathlib import Path
from typing import Any

import pytest
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from dvc.utils.serialize import dumps_yaml, loads_yaml
from hypothesis import given
from hypothesis import strategies as st

from lockstep.versioning.merging.driver import merge_files, merge_texts
from lockstep.versioning.merging.text import join, split
from tests.unit.versioning.merging.locks import LAW, entry, locks, text, versions

REPOSITORY = Path(__file__).parents[4]
HASH = re.compile(r"[0-9a-f]{32}")
MANY = {f"src/{number}.py": number for number in range(50)}


@LAW
@given(locks)
def test_joining_the_lines_of_a_lock_gives_the_lock(lock: dict[str, dict[str, Any]]) -> None:
    lines = split(text(lock))
    assert join(lines.frame, (one.text for one in lines.stages.values())) == text(lock)
    assert list(lines.stages) == list(lock)


@LAW
@given(versions())
def test_every_merged_hash_comes_from_a_side(versions: tuple[Any, ...]) -> None:
    base, ours, theirs = map(text, versions)
    found = merge_texts(base, ours, theirs)
    assert set(HASH.findall(found.text)) <= set(HASH.findall(ours)) | set(HASH.findall(theirs))


@LAW
@given(versions())
def test_dvc_reads_every_merged_lock_conflicts_too(versions: tuple[Any, ...]) -> None:
    found = merge_texts(*map(text, versions))
    if found.text:
        COMPILED_LOCKFILE_SCHEMA(loads_yaml(found.text))


@LAW
@given(versions())
def test_a_clean_merge_is_formatted_as_dvc_formats(versions: tuple[Any, ...]) -> None:
    found = merge_texts(*map(text, versions))
    if found.clean and found.text:
        assert dumps_yaml(loads_yaml(found.text, typ="rt")) == found.text


@LAW
@given(locks, locks)
def test_a_change_on_one_side_is_taken_byte_for_byte(
    one: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]
) -> None:
    base, changed = text(one), text(other)
    assert merge_texts(base, base, changed).text == changed
    assert merge_texts(base, changed, base).text == changed


@LAW
@given(
    versions(), st.sampled_from(["schema: '2.0'\nstages:\n", "<<<<<<< x\n", "[1]\n", "stages: {a: {cmd: b}}\n", "\0"])
)
def test_other_files_are_left_to_git(versions: tuple[Any, ...], damage: str) -> None:
    _, ours, theirs = map(text, versions)
    assert merge_texts(damage, ours + "#", theirs + "##").text is None


def test_joining_the_lines_of_this_repositorys_lock_gives_the_lock() -> None:
    own = (REPOSITORY / "dvc.lock").read_bytes().decode()
    lines = split(own)
    assert join(lines.frame, (one.text for one in lines.stages.values())) == own
    assert len(lines.stages) == own.count("\n    cmd: ")


def test_a_conflict_is_short_names_the_differences_and_has_no_hash() -> None:
    base, ours, theirs = (text({"train": entry(MANY | {"src/1.py": own}, {"m": own}, {"p": own})}) for own in (1, 2, 3))
    found = merge_texts(base, ours, theirs)
    assert not found.clean
    assert found.text == (
        "schema: '2.0'\nstages:\n  train:\n    cmd: run\n    # <<<<<<< ours\n    # p: 2\n    # src/1.py: 0000000\n"
        "    # =======\n    # p: 3\n    # src/1.py: 0000000\n    # >>>>>>> theirs\n"
    )
    assert found.messages[0] == "dvc.lock: stage train changed on both sides: p, src/1.py"
    assert "dvc repro" in found.messages[1]


def test_a_conflict_of_fifty_files_stays_short() -> None:
    shifted = [{path: number + shift for path, number in MANY.items()} for shift in (0, 100, 200)]
    found = merge_texts(*(text({"train": entry(read)}) for read in shifted))
    assert "# ... and 44 more\n" in found.text
    assert len(found.text.splitlines()) < 25


def test_hostile_names_and_values_break_no_comment_out() -> None:
    value = "x\n    deps: []\u2028\u0085\x1b[31m"
    sides = [text({"s": entry({"a\nb": own}, params={"p": f"{value}{own}"})}) for own in (1, 2, 3)]
    found = merge_texts(*sides)
    assert loads_yaml(found.text) == {"schema": "2.0", "stages": {"s": {"cmd": "run"}}}
    assert "\x1b" not in "".join(found.messages)


def test_data_sets_stay_where_they_are() -> None:
    frame = "datasets:\n- name: shop\n"
    one, other = {"a": entry(cmd="a")}, {"b": entry(cmd="b")}
    base, ours, theirs = ({}, one, other)
    found = merge_texts(text({"c": entry()} | base), text({"c": entry()} | ours) + frame, text({"c": entry()} | theirs))
    assert found.text == text({"c": entry()} | one | other) + frame


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\u2029", "\r", "\x0c", "😀", "\ufeff"])
def test_unusual_line_breaks_of_yaml_move_nothing(sign: str) -> None:
    base = {"a": entry(params={"p": f"x{sign}{sign}y {sign}"}), "b": entry(cmd="b")}
    one, other = base | {"b": entry(cmd="new")}, base | {"c": entry(cmd="c")}
    assert merge_texts(text(base), text(one), text(other)).text == text(one | {"c": other["c"]})


def test_an_alias_that_would_change_meaning_leaves_the_file_to_git() -> None:
    """DVC writes none, but reads them: `*c` would mean nothing, or what the other side calls so."""
    base = "schema: '2.0'\nstages:\n  a:\n    cmd: &c one\n"
    assert merge_texts(base, base.replace("&c one", "two"), base + "  new:\n    cmd: *c\n").text is None
    assert merge_texts(base, base.replace("one", "two"), base + "  new:\n    cmd: *c\n").text is None


def test_dvc_reads_an_empty_merged_lock() -> None:
    keep, gone = {"a": entry(cmd="a")}, {"b": entry(cmd="b")}
    found = merge_texts(text(keep | gone), text(keep), text(gone))
    COMPILED_LOCKFILE_SCHEMA(loads_yaml(found.text))
    assert "cmd" not in found.text


@pytest.mark.parametrize(("other", "clean"), [("x\n2\n3\n4\n5\n", True), ("1\n2\n3\n4\nz\n", False)])
def test_an_invalid_lock_is_merged_by_lines(other: str, clean: bool, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("base", "our s", "theirs")]
    for path, content in zip(paths, ("1\n2\n3\n4\n5\n", "1\n2\n3\n4\ny\n", other), strict=True):
        path.write_text(content)
    found = merge_files(*paths, "dvc.lock")
    assert found.clean == clean
    assert "merged by lines" in found.messages[0]
    assert paths[1].read_text() == "x\n2\n3\n4\ny\n" if clean else "<<<<<<< ours" in paths[1].read_text()
