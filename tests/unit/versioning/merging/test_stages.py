"""Three locks as plain dicts, merged stage by stage."""

from typing import Any

import pytest
from hypothesis import given

from lockstep.versioning.merging.stages import Merged, merge
from tests.unit.versioning.merging.locks import LAW, entry, stages, versions

MAKE = entry({"make.py": 1}, {"data/x": 1})
MADE_NEW = entry({"make.py": 2}, {"data/x": 2})
MADE_OTHER = entry({"make.py": 3}, {"data/x": 3})


def merged(
    base: dict[str, dict[str, Any]], ours: dict[str, dict[str, Any]], theirs: dict[str, dict[str, Any]]
) -> Merged:
    return merge(stages(base), stages(ours), stages(theirs))


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        (MAKE, MAKE, MADE_NEW, MADE_NEW),
        (MAKE, MADE_NEW, MAKE, MADE_NEW),
        (MAKE, MADE_NEW, MADE_NEW, MADE_NEW),
        (None, None, MAKE, MAKE),
        (None, MAKE, None, MAKE),
        (None, MAKE, MAKE, MAKE),
        (MAKE, None, MAKE, None),
        (MAKE, MAKE, None, None),
        (MAKE, None, None, None),
        (MAKE, None, MADE_NEW, None),
        (MAKE, MADE_NEW, None, None),
    ],
)
def test_each_stage_comes_from_the_side_that_changed_it(
    base: dict[str, Any] | None,
    ours: dict[str, Any] | None,
    theirs: dict[str, Any] | None,
    expected: dict[str, Any] | None,
) -> None:
    other = {"z": entry({"z.py": 1}, {"data/z": 1})}
    found = merged(*({**other, "s": one} if one else other for one in (base, ours, theirs)))
    assert found.stages.get("s") == (stages({"s": expected})["s"] if expected else None)
    assert not found.conflicts


@pytest.mark.parametrize("base", [MAKE, None])
def test_a_stage_that_both_changed_is_a_conflict(base: dict[str, Any] | None) -> None:
    found = merged({"s": base} if base else {}, {"s": MADE_NEW}, {"s": MADE_OTHER})
    assert list(found.conflicts) == ["s"]
    assert found.conflicts["s"].ours == stages({"s": MADE_NEW})["s"]


def test_same_inputs_with_different_outputs_are_a_conflict() -> None:
    sides = [{"s": entry({"make.py": 1}, {"data/x": number})} for number in (1, 2, 3)]
    assert list(merged(*sides).conflicts) == ["s"]


def pipeline(left: int, right: int, params: int = 0) -> dict[str, dict[str, Any]]:
    return {
        "left": entry({"left.py": left}, {"data/left": left}),
        "right": entry({"right.py": right}, {"data/right": right}),
        "both": entry(
            {"data/left": left, "data/right": right}, {"data/both": left * 10 + right + 100 * params}, {"p": params}
        ),
        "last": entry({"data/both": left * 10 + right + 100 * params}, {"data/last": left + right + params}),
    }


def test_a_stage_downstream_of_two_changes_is_named_without_a_conflict() -> None:
    found = merged(pipeline(1, 1), pipeline(2, 1), pipeline(1, 2))
    assert not found.conflicts
    assert found.rerun == ("both", "last")
    assert found.stages["left"] == stages(pipeline(2, 1))["left"]
    assert found.stages["right"] == stages(pipeline(1, 2))["right"]


@pytest.mark.parametrize("order", [list, reversed])
def test_the_entry_that_fits_the_merged_upstream_stages_is_taken(order: type) -> None:
    """Theirs has taken in the change of ours already, as after a cherry-pick: nothing has to run."""
    sides = (pipeline(1, 1), pipeline(2, 1), pipeline(2, 2))
    found = merged(*(dict(order(side.items())) for side in sides))
    assert not found.conflicts
    assert found.rerun == ()
    assert found.stages == stages(pipeline(2, 2))


def test_the_side_that_changed_the_stage_itself_wins() -> None:
    found = merged(pipeline(1, 1), pipeline(2, 1), pipeline(1, 1, params=5))
    assert found.stages["both"] == stages(pipeline(1, 1, params=5))["both"]
    assert found.rerun == ("both", "last")


def test_stages_downstream_of_a_conflict_rerun() -> None:
    found = merged(pipeline(1, 1), pipeline(2, 1), pipeline(3, 1))
    assert list(found.conflicts) == ["left"]
    assert found.rerun == ("both", "last")


def test_a_part_of_an_output_is_downstream_of_its_stage() -> None:
    def sides(left: Any, right: Any) -> dict[str, Any]:
        read = {"data/left/part": left, "data/right/part": right}
        return {**pipeline(left, right), "both": entry(read, {"data/both": left * 10 + right})}

    assert not merged(sides(1, 1), sides(2, 1), sides(1, 2)).conflicts


def test_new_stages_of_theirs_follow_those_of_ours() -> None:
    base = {"m": MAKE}
    ours, theirs = base | {"a": entry(cmd="a")}, {"z": entry(cmd="z")} | base
    assert list(merged(base, ours, theirs).stages) == ["m", "a", "z"]


@LAW
@given(versions())
def test_merging_a_lock_with_itself_changes_nothing(locks: tuple[Any, ...]) -> None:
    base, ours, _ = locks
    found = merged(base, ours, ours)
    assert found.stages == stages(ours)
    assert found.rerun == ()


@LAW
@given(versions())
def test_swapping_the_sides_changes_only_entries_of_stages_to_rerun(
    locks: tuple[Any, ...],
) -> None:
    base, ours, theirs = locks
    one, other = merged(base, ours, theirs), merged(base, theirs, ours)
    assert set(one.stages) == set(other.stages)
    assert set(one.conflicts) == set(other.conflicts)
    for name in one.conflicts:
        assert (one.conflicts[name].ours, one.conflicts[name].theirs) == (
            other.conflicts[name].theirs,
            other.conflicts[name].ours,
        )
    for name in set(one.stages) - set(one.conflicts) - set(one.rerun):
        assert one.stages[name] == other.stages[name]


@LAW
@given(versions())
def test_every_entry_comes_unchanged_from_a_side(locks: tuple[Any, ...]) -> None:
    base, ours, theirs = locks
    found = merged(base, ours, theirs)
    mine, other = stages(ours), stages(theirs)
    for name in set(found.stages) - set(found.conflicts):
        assert found.stages[name] in (mine.get(name), other.get(name))
