"""dvc.lock as DVC writes it: YAML 1.2, nested params, several hashes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from lockstep.core.errors import LockstepError
from lockstep.versioning.lockfile.lock import Param, Pin, read_lock
from lockstep.versioning.lockfile.yaml_reader import parse

LOCK = """\
schema: '2.0'
stages:
  train:
    cmd: train --yes
    deps:
    - path: data/features
      hash: md5
      md5: 493bc3fd04d35dab1c0670d86a61ce68.dir
      size: 12
      nfiles: 2
    - path: s3://bucket/x
      etag: 123
      size: 3
    params:
      params.yaml:
        train:
          estimator: xgboost
          rounds: 5e2
          positive: Yes
          constraints: {}
          start: 12:30
        seed: 7
      other.yaml:
        depth: [1, 2]
    outs:
    - path: data/model
      hash: md5
      md5: '12345678901234567890123456789012'
"""


def test_a_lock_is_its_stages_with_pins_and_flat_params() -> None:
    (train,) = read_lock(LOCK, "here").executions
    assert train.deps == (Pin("data/features", "493bc3fd04d35dab1c0670d86a61ce68.dir"), Pin("s3://bucket/x", ""))
    assert (train.deps[0].size, train.deps[0].files) == (12, 2)
    assert train.outs == (Pin("data/model", "12345678901234567890123456789012"),)
    assert train.params == (
        Param("train.estimator", '"xgboost"'), Param("train.rounds", "500.0"), Param("train.positive", '"Yes"'),
        Param("train.constraints", "{}"), Param("train.start", '"12:30"'), Param("seed", "7"),
        Param("other.yaml:depth", "[1, 2]"),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["stages: [", "- 1", "stages:\n  a: {deps: []}", "stages: 7", "stages:\n  a: text"])
def test_an_invalid_lock_is_an_error_with_its_place(text: str) -> None:
    with pytest.raises(LockstepError, match=r"HEAD: not a dvc\.lock"):
        read_lock(text, "HEAD")


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=30),
    st.sampled_from(["yes", "NO", "on", "0777", "0o7", "1e3", "12:30:00", "1_000", "~", "null", ".inf"]),
    st.sampled_from(["<<", "=", "2025-06-30", "-", "?", "0b1", "+1", "1.", ".5", "1e-05", "_", "!x", "&x", "*x"]),
)  # fmt: skip


@given(st.dictionaries(st.text("abc", min_size=1), SCALARS))
def test_any_lock_of_dvc_is_read_as_dvc_reads_it(values: dict[str, bool | float | str | None]) -> None:
    import io

    stream = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(values, stream)
    again = YAML(typ="safe", pure=True).load(stream.getvalue()) or {}
    found = parse(stream.getvalue())
    assert found == again
    assert [type(value) for value in found.values()] == [type(value) for value in again.values()]
    assert not any(isinstance(value, float) and math.isnan(value) for value in found.values())


@pytest.mark.parametrize(
    "text",
    [
        "stages: {a: {cmd: x}}",
        "schema: '2.0'\nstages:\n  a:\n    cmd: &x go\n  b:\n    cmd: *x\n",
        "schema: '2.0'\nstages:\n  a: {cmd: x}\n",
        "schema: '2.0'\nstages:\n  a:\n    cmd: x\n    deps: []\n    outs:\n    - path: 'b\n\n        c'\n",
        "schema: '2.0'\nstages:\n  a:\n    cmd: |\n      one\n\n      - two\n  'b: c':\n    cmd: >\n\n      deps:\n",
        "schema: '2.0'\nstages:\n  a:\n    cmd: x\n    params:\n      p.yaml:\n        a: {b: 1}\n    outs:\n",
        "schema: '2.0'\nstages:\n  a:\n    cmd:\n    - one\n    - two\n",
    ],
)
def test_a_layout_that_is_not_dvcs_is_read_as_dvc_reads_it(text: str) -> None:
    assert parse(text) == YAML(typ="safe", pure=True).load(text)
    assert read_lock(text, "x").executions[0].stage == "a"


def test_a_conflict_in_an_old_lock_is_an_error_that_names_the_commit() -> None:
    text = "schema: '2.0'\nstages:\n  a:\n    cmd: x\n<<<<<<< HEAD\n    outs: []\n"
    with pytest.raises(LockstepError, match=r"abc: not a dvc\.lock"):
        read_lock(text, "abc")
