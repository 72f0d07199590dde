"""Which stages would run: downstream ones too, with templates that only DVC resolves, and with a hostile dvc.yaml."""

import json
from pathlib import Path
from typing import Any

import pytest

from lockstep.core.durations import Durations
from lockstep.core.errors import LockstepError
from lockstep.workbench.review.stages import stages, to_run
from tests.unit.workbench.review.sides import side


def stage(
    deps: list[str] | tuple[Any, ...] = (), outs: list[str] | tuple[Any, ...] = (), **more: str
) -> dict[str, list[str] | str]:
    return {"cmd": "run", "deps": list(deps), "outs": list(outs), **more}


def locked(
    pipeline: dict[str, dict[str, list[str] | str]], code: str = "1" * 32
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the lock of stages that all have run, with `code` for what none makes."""
    made = {out: "2" * 32 for one in pipeline.values() for out in one.get("outs", ())}
    return {
        "stages": {
            name: {
                "cmd": "run",
                "deps": [{"path": path, "md5": made.get(path, code)} for path in one.get("deps", ())],
                "outs": [{"path": path, "md5": "2" * 32} for path in one.get("outs", ())],
            }
            for name, one in pipeline.items()
        }
    }


def due(pipeline: dict[str, dict[str, list[str] | str]], lock: None = None) -> dict[str, tuple[str]]:
    return to_run(side(params="a: 1", dvc=json.dumps({"stages": pipeline}), lock=json.dumps(lock or locked(pipeline))))


def test_stages_downstream_of_a_stage_to_run_would_run_too() -> None:
    pipeline = {
        "report": stage(["data/c"], ["data/d"]),
        "b": stage(["data/a"], ["data/b"]),
        "a": stage(["a.py"], ["data/a"]),
        "c": stage(["data/b"], ["data/c"]),
        "other": stage(["data/given"], ["data/o"]),
    }
    assert due(pipeline) == {"report": ("data/c",), "b": ("data/a",), "a": ("a.py",), "c": ("data/b",)}
    assert [*due(pipeline)] == ["report", "b", "a", "c"]


@pytest.mark.parametrize(("made", "read"), [("data/x", "data/x/part/file"), ("data/x/part", "data/x")])
def test_parts_and_parents_of_an_output_depend_on_its_stage(made: str, read: str) -> None:
    pipeline = {"a": stage(["a.py"], [made]), "b": stage([read], ["data/y"]), "c": stage(["data/xy"], ["data/z"])}
    assert due(pipeline) == {"a": ("a.py",), "b": (read,)}


@pytest.mark.parametrize(
    "pipeline",
    [
        {"a": stage(["data/a"], ["data/a"])},
        {"a": stage(["data/b", "a.py"], ["data/a"]), "b": stage(["data/a"], ["data/b"])},
        {"a": stage(["a.py"], ["data/a"]), "b": stage(["data/a"], ["data/a"])},
    ],
)
def test_a_cycle_ends(pipeline: dict[str, Any]) -> None:
    assert set(due(pipeline)) <= {"a", "b"}


def test_a_long_chain_in_the_worst_order_is_fast() -> None:
    chain = {f"s{n}": stage([f"data/{n + 1}" if n < 1999 else "a.py"], [f"data/{n}"]) for n in range(2000)}
    assert len(due(chain)) == 2000


def test_stages_that_dvc_resolves_are_not_judged_and_keep_their_outputs(tmp_path: Path) -> None:
    pipeline = {
        "each": {"foreach": ["a", "b"], "do": stage(["a.py"], ["data/${item}"])},
        "grid": {"matrix": {"x": [1]}, **stage()},
        "told": stage(["${code}"], ["data/t"]),
        "away": stage(["a.py"], ["data/w"], wdir="sub"),
    }
    old, new = (
        side(
            params="a: 1",
            dvc=json.dumps({"stages": pipeline}),
            lock=json.dumps(locked({"each@a": stage(["a.py"])}, code)),
        )
        for code in ("1" * 32, "3" * 32)
    )
    found = {one.name: one.standing for one in stages(old, new, Durations(tmp_path))}
    names = dict.fromkeys(pipeline, "not judged")
    assert found == names | {"each@a": "rerun"}


def test_a_stage_missing_from_the_head_is_removed(tmp_path: Path) -> None:
    old = side(params="a: 1", dvc="stages: {}", lock=json.dumps(locked({"was": stage()})))
    new = side(params="a: 1", dvc="stages: {}", lock="")
    assert [(one.name, one.standing) for one in stages(old, new, Durations(tmp_path))] == [("was", "removed")]


@pytest.mark.parametrize(
    "made",
    [
        None,
        7,
        "text",
        [],
        {},
        {"cmd": 7},
        {"cmd": [1]},
        {"cmd": None},
        {"cmd": "x", "deps": 7},
        {"cmd": "x", "deps": [[]]},
        {"cmd": "x", "deps": [None]},
        {"cmd": "x", "deps": [{}]},
        {"cmd": "x", "outs": [{"a": 7}]},
        {"cmd": "x", "params": [5]},
        {"cmd": "x", "params": [{"params.yaml": 7}]},
        {"cmd": "x", "params": [{"\x1b[31m.yaml": None}]},
        {"cmd": "x", "params": [{"../../etc/passwd": ["a"]}]},
        {"cmd": "x", "params": {"a": 1}},
        {"cmd": "x", "params": [[1]]},
        {"cmd": "x", "outs": [{1: None}]},
        {"cmd": "x", "deps": ["/" * 5000, "a" * 5000, "\0", "..", "/", "."]},
    ],
)
def test_a_stage_of_any_shape_is_judged_or_an_error(made: Any, tmp_path: Path) -> None:
    run = {"stages": {"s": {"cmd": "x"}}}
    hostile = side(params="a: 1", dvc=json.dumps({"stages": {"s": made, "7": made}}), lock=json.dumps(run))
    try:
        found = stages(hostile, hostile, Durations(tmp_path))
    except LockstepError as error:
        assert "\x1b" not in str(error)
        assert len(str(error)) < 1000
    else:
        assert {one.name for one in found} == {"s", "7"}


def test_names_that_are_not_texts_or_very_long_are_accepted(tmp_path: Path) -> None:
    text = f"stages: {{1: {{cmd: x}}, true: {{cmd: x}}, {'n' * 1000}: {{cmd: x}}}}"
    found = stages(*[side(params="a: 1", dvc=text, lock="")] * 2, Durations(tmp_path))
    assert {one.standing for one in found} == {"to run"}
    assert len(found) in (2, 3)  # in Python, 1 is True
