"""A lock against dvc.yaml, params and hashes, as plain dicts."""

import copy
from pathlib import Path
from typing import Any

import pytest

from lockstep.versioning.lockfile.lock import read_lock
from lockstep.workbench.check.freshness import fresh

LOCK = """\
schema: '2.0'
stages:
  make:
    cmd: run make
    deps:
    - {path: code.py, hash: md5, md5: '11111111111111111111111111111111'}
    - {path: data/raw, hash: md5, md5: 22222222222222222222222222222222.dir}
    params:
      params.yaml: {seed: 7, train.params: {depth: 4, rate: 1e-3}}
      other.yaml: {a: [1, 2]}
    outs:
    - {path: data/model, hash: md5, md5: '33333333333333333333333333333333'}
"""
PIPELINE = {
    "make": {
        "cmd": "run make",
        "deps": ["code.py", "data/raw"],
        "params": ["seed", "train.params", {"other.yaml": ["a"]}],
        "outs": [{"data/model": {"persist": True}}],
    }
}
FILES = {
    "params.yaml": {"seed": 7, "train": {"params": {"depth": 4, "rate": 0.001}}, "unused": 1},
    "other.yaml": {"a": [1, 2]},
}
HASHES = {"code.py": "1" * 32, "data/raw": "changed, and not looked at"}


def found(
    pipeline: dict[str, dict[str, Any]] = PIPELINE,
    lock: str = LOCK,
    files: dict[str, dict[str, Any]] = FILES,
    hashes: dict[str, str | None] = HASHES,
) -> list[str]:
    return [one.where for one in fresh(pipeline, read_lock(lock, "dvc.lock"), hashes.get, lambda file: files[file])]


def changed(value: Any, *path: Path, to: Any) -> Any:
    """Return a copy in which one thing is another."""
    copied = copy.deepcopy(value)
    inner = copied
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return copied


def test_an_unchanged_stage_is_fresh() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("cmd", {"pipeline": changed(PIPELINE, "make", "cmd", to=["run make", "more"])}),
        ("seed", {"files": changed(FILES, "params.yaml", "seed", to=8)}),
        ("seed", {"files": changed(FILES, "params.yaml", "seed", to="7")}),
        ("train.params.depth", {"files": changed(FILES, "params.yaml", "train", "params", "depth", to=5)}),
        ("train.params.new", {"files": changed(FILES, "params.yaml", "train", "params", "new", to=5)}),
        ("other.yaml:a", {"files": changed(FILES, "other.yaml", "a", to=[2, 1])}),
        ("code.py", {"hashes": changed(HASHES, "code.py", to="4" * 32)}),
        ("code.py", {"hashes": changed(HASHES, "code.py", to=None)}),
        ("data/raw", {"pipeline": changed(PIPELINE, "make", "deps", to=["code.py"])}),
        ("data/new", {"pipeline": changed(PIPELINE, "make", "metrics", to=["data/new"])}),
        ("seed", {"pipeline": changed(PIPELINE, "make", "params", to=PIPELINE["make"]["params"][1:])}),
        ("not in dvc.lock", {"lock": "schema: '2.0'\nstages: {}\n"}),
    ],
)
def test_changes_are_named(what: str, given: dict[str, str]) -> None:
    assert found(**given) == [f"dvc.lock, make: {what}"]


MORE = """\
  report:
    cmd: run report
    deps:
    - {path: data/model, hash: md5, md5: 4444444444444444444444444444444a}
    outs:
    - {path: data/reports/metrics.json, hash: md5, md5: 5555555555555555555555555555555a}
"""
REPORT = {
    "report": {
        "cmd": "run report",
        "deps": ["data/model"],
        "metrics": [{"data/reports/metrics.json": {"cache": False}}],
    }
}


@pytest.mark.parametrize(
    ("model", "metrics", "named"),
    [("4" * 31 + "a", "5" * 31 + "a", ""), ("3" * 32, "5" * 31 + "a", "data/model"), ("4" * 31 + "a", "6", "metrics")],
)
def test_merged_stages_must_fit_each_other_and_the_reports_in_git(model: str, metrics: str, named: str) -> None:
    lock = LOCK.replace("3" * 32, model) + MORE
    places = found(PIPELINE | REPORT, lock, hashes=HASHES | {"data/reports/metrics.json": metrics})
    assert [named in place for place in places] == [True] * bool(named)


def test_a_stage_that_a_merge_left_in_conflict_is_not_fresh() -> None:
    conflict = "schema: '2.0'\nstages:\n  make:\n    cmd: run make\n    # <<<<<<< ours\n"
    (where,) = found(lock=conflict)
    assert where.endswith(" and 4 more")


@pytest.mark.parametrize("key", ["wdir", "foreach"])
def test_stages_that_only_dvc_can_resolve_are_not_judged(key: str) -> None:
    stage = PIPELINE["make"] | {"cmd": "another"}
    judged = {"make": stage | {"wdir": "sub"}} if key == "wdir" else {"make": {"foreach": [1], "do": stage}}
    assert found(pipeline=judged) == []
    assert found(pipeline={"make": stage | {"cmd": "run ${seed}"}}) == []
