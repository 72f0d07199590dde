"""MLflow and its databases accept every name and value; distinct names stay distinct."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.core.errors import LockstepError
from lockstep.pipeline.track.names import KEY, artifact, folder, key, value

ANY = st.text(max_size=300)


@pytest.fixture(scope="module")
def mlflow_names() -> Any:
    from mlflow.utils import validation  # seconds: not while tests are collected

    return validation


@given(parts=st.lists(ANY, min_size=1, max_size=3))
def test_every_key_is_one_that_mlflow_takes(mlflow_names: Any, parts: list[str]) -> None:
    name = key(*parts)
    assert len(name) <= KEY
    for suffix in ("", ".low", ".high"):
        mlflow_names._validate_metric_name(name + suffix)
    mlflow_names._validate_param_name(name)
    mlflow_names._validate_tag_name(name)


@given(ANY, ANY)
def test_distinct_names_stay_distinct(first: str, second: str) -> None:
    assert (key(first) == key(second)) == (first == second)


def test_a_plain_name_is_unchanged() -> None:
    assert key("vs logistic", "roc_auc.gain") == "vs logistic/roc_auc.gain"
    assert key("tune.space.xgboost.max_depth.low") == "tune.space.xgboost.max_depth.low"


@given(st.text(max_size=50), st.integers(120, 200))
def test_every_value_can_be_stored_and_a_cut_one_is_marked(text: str, limit: int) -> None:
    stored = value(text * 10, limit)
    assert len(stored) <= limit
    assert "\0" not in stored
    stored.encode()
    assert (stored.count("SHA-256") > text.count("SHA-256") * 10) == (len(value(text * 10, 10**6)) > limit)


@pytest.mark.parametrize(
    "path", ["../x", "a/../../x", "/etc/passwd", "a\\..\\x", "a/%2e%2e/x", "", "a\nb", "a\0b", "bundle/../../x"]
)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(LockstepError, match="expected a relative path"):
        artifact(path)


def test_a_relative_path_is_unchanged() -> None:
    assert artifact("bundle/model.onnx") == "bundle/model.onnx"


@given(ANY)
def test_a_folder_is_one_plain_part_of_a_path(name: str) -> None:
    found = folder(name)
    assert found.isascii()
    assert found.replace("-", "").isalnum()
