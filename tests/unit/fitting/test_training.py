"""The hyperparameters of a model, and its encoding, which depends only on training rows."""

from pathlib import Path

import numpy as np
import pytest

from lockstep.artifacts.inputs import MISSING, to_inputs
from lockstep.artifacts.schema import LABEL
from lockstep.core.errors import LockstepError
from lockstep.fitting import native
from lockstep.fitting.encoding import Encoding
from lockstep.fitting.training import Recipe, resolve
from lockstep.fitting.transformer import build, origins
from lockstep.learners.registry import learner
from lockstep.learners.spec import Budget
from lockstep.params.pipeline.train import EncodingSpec
from lockstep.pipeline.train.parity import parity
from tests.unit.fitting.frames import HOSTILE, make_frame, make_schema


def test_a_declared_value_wins_over_a_tuned_one_and_null_leaves_it() -> None:
    tuned = {"max_depth": 5, "learning_rate": 0.1}
    assert resolve(learner("xgboost"), tuned, {"max_depth": 4, "learning_rate": None}) == {
        "max_depth": 4,
        "learning_rate": 0.1,
    }


def test_a_null_of_another_estimator_is_not_handed_on() -> None:
    assert resolve(learner("logistic"), {"C": 1.0}, {"max_depth": None}) == {"C": 1.0}


def test_validation_rows_do_not_shape_the_encoding(task: str) -> None:
    schema = make_schema(task)
    rows, other = make_frame(task, seed=1), make_frame(task, rows=200, seed=2)
    encoding = Encoding(schema, 7)
    changed = other.assign(spend=1e6, city="nowhere", note="other words", **{LABEL: 0.0})
    first, second = (encoding.fit(learner("xgboost"), rows, valid) for valid in (other, changed))
    assert np.array_equal(first.train.matrix, second.train.matrix, equal_nan=True)


def test_target_encoding_is_cross_fitted() -> None:
    """A level of two rows must not carry those rows' own labels: encoded naively it would explain them."""
    schema = make_schema("binary")
    frame = make_frame("binary", rows=400).assign(city=lambda f: (f.index // 2).astype(str))
    encoded = Encoding(schema, 7).fit(learner("xgboost"), frame, frame)
    column = origins(encoded.transformer, schema).index("city")
    assert abs(np.corrcoef(encoded.train.matrix[:, column], encoded.train.label)[0, 1]) < 0.2


def test_every_column_of_the_matrix_has_an_origin(task: str) -> None:
    schema, frame = make_schema(task), make_frame(task)
    label = frame[LABEL].round()  # of whole numbers, which must not be taken for classes
    for numbers in ("native", "imputed", "scaled"):
        inputs = to_inputs(frame, schema)
        encoder = build(schema, inputs, numbers=numbers, encoding=EncodingSpec(), seed=0)
        matrix = encoder.fit_transform(inputs, label)
        names = origins(encoder, schema)
        assert len(names) == matrix.shape[1]
        assert set(names) == set(schema.names)
        assert np.isnan(matrix.astype(float)).any() == (numbers == "native")


def test_inputs_are_new_and_the_frame_is_left_alone() -> None:
    schema, frame = make_schema("binary"), make_frame("binary")
    before = frame.copy(deep=True)
    inputs = to_inputs(frame, schema)
    assert frame.equals(before)
    assert (inputs[HOSTILE][frame[HOSTILE].isna()] == MISSING).all()


def test_early_stopping_ends_the_boosting() -> None:
    schema = make_schema("binary")
    frames = (make_frame("binary", seed=1), make_frame("binary", rows=300, seed=2))
    params = {"learning_rate": 0.5, "max_depth": 5}
    trained = Recipe(learner("xgboost"), Encoding(schema, 7), params, Budget(400, 5), 7).train(*frames)
    history = trained.fitted.history["valid"]
    assert trained.fitted.rounds is not None
    assert trained.fitted.rounds < 100
    assert min(history) == history[trained.fitted.rounds - 1]


def test_importance_adds_up_and_an_empty_feature_has_none(task: str) -> None:
    schema = make_schema(task)
    frames = (make_frame(task, seed=1), make_frame(task, rows=300, seed=2))
    trained = Recipe(learner("xgboost"), Encoding(schema, 7), {"max_depth": 3}, Budget(50, 5), 7).train(*frames)
    importance = trained.importance()
    assert sum(importance.values()) == pytest.approx(1)
    assert importance["empty"] == 0
    assert list(importance) == sorted(importance, key=lambda name: (-importance[name], name))


def test_an_export_that_is_another_model_fails_parity(tmp_path: Path) -> None:
    schema, frame = make_schema("binary"), make_frame("binary", rows=200, seed=3)
    frames = (make_frame("binary", seed=1), make_frame("binary", rows=300, seed=2))
    encoding = Encoding(schema, 7)
    good, other = (
        Recipe(learner("xgboost"), encoding, {"max_depth": depth}, Budget(20, 5), 7).train(*frames) for depth in (2, 5)
    )
    good.write(tmp_path)
    native.write(tmp_path, other.encoded.transformer, other.learner, other.fitted.estimator)
    with pytest.raises(LockstepError, match=r"model\.onnx: differs from the native model") as error:
        parity(tmp_path, other.learner, {"test rows": frame, "a row": frame.head(1)}, schema)
    assert error.value.details[0].startswith("test rows: up to")
