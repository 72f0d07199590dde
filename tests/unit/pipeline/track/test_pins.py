"""Fingerprint, parameters and inputs of a result in dvc.lock."""

import copy
from typing import Any

import pytest

from lockstep.pipeline.track.pins import Pins

ENTRY = {
    "cmd": "make",
    "deps": [{"path": "src/a.py", "md5": "1"}, {"path": "data/raw", "md5": "2"}],
    "params": {
        "params.yaml": {"seed": 7, "source": {"url": "sqlite:///x", "tables": {"a": {"kind": "flat"}}, "days": [1]}}
    },
    "outs": [{"path": "data/out", "md5": "3.dir", "size": 1}],
}
STAGES = {"raw": {"cmd": "raw", "outs": [{"path": "data/raw", "md5": "2"}]}, "make": ENTRY}


def changed(place: list[Any], to: Any) -> Pins:
    stages: Any = copy.deepcopy(STAGES)
    *path, last = place
    inner = stages
    for step in path:
        inner = inner[step]
    inner[last] = to
    return Pins(stages)


def test_params_are_flat_as_in_params_yaml() -> None:
    assert Pins(STAGES).params == {
        "seed": "7",
        "source.days": "[1]",
        "source.tables.a.kind": "flat",
        "source.url": "sqlite:///x",
    }


@pytest.mark.parametrize(
    ("place", "to", "same"),
    [
        (["make", "deps", 0, "md5"], "another code", True),
        (["make", "cmd"], "another command", True),
        (["make", "outs", 0, "md5"], "4.dir", False),
        (["make", "outs", 0, "path"], "data/other", False),
        (["make", "params", "params.yaml", "seed"], 8, False),
        (["make", "params", "params.yaml", "seed"], "7", False),
    ],
)
def test_a_result_is_its_outputs_and_parameters(place: list[Any], to: Any, same: bool) -> None:
    assert (changed(place, to).fingerprint == Pins(STAGES).fingerprint) == same
    assert changed(place, to).digests["make"] != Pins(STAGES).digests["make"]


def test_the_order_of_stages_does_not_matter() -> None:
    assert Pins(dict(reversed(STAGES.items()))).fingerprint == Pins(STAGES).fingerprint


def test_inputs_are_deps_that_no_stage_writes() -> None:
    assert Pins(STAGES).reads == ["src/a.py"]


def test_a_stage_that_pins_nothing_has_no_output() -> None:
    assert Pins({"x": {"cmd": "x"}}).outputs == {}
