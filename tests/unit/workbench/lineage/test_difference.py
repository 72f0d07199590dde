"""How one lineage differs from another."""

from dataclasses import replace

from lockstep.versioning.lockfile.lock import Execution, Param, Pin
from lockstep.workbench.lineage.difference import changes

READ, MADE = (Pin("data/x", "1"), Pin("a.py", "2")), (Pin("data/m", "4"),)
TRAIN = Execution("train", "train", READ, (Param("depth", "3"), Param("gone", "1")), MADE)


def test_params_inputs_and_results_that_differ_are_named_with_both_values() -> None:
    here = replace(
        TRAIN,
        deps=(Pin("data/x", "1"), Pin("a.py", "9")),
        params=(Param("depth", "4"), Param("new", "2")),
        outs=(Pin("data/m", "5"),),
    )
    (change,) = changes([TRAIN], [here])
    assert change.params == (("depth", "3", "4"), ("new", None, "2"), ("gone", "1", None))
    assert (change.read, change.made, change.cmd) == (("a.py",), (Pin("data/m", "5"),), None)


def test_stages_on_one_side_only_are_named_and_equal_ones_are_not() -> None:
    other = Execution("other", "x")
    assert [(one.stage, one.standing) for one in changes([TRAIN, other], [TRAIN])] == [("other", "not here")]
    assert [(one.stage, one.standing) for one in changes([TRAIN], [TRAIN, other])] == [("other", "only here")]
    assert changes([TRAIN], [TRAIN]) == ()
