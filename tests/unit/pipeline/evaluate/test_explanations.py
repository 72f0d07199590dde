"""Explanation: shuffled features, single features, contributions that add up, the largest errors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from lockstep.artifacts.bundle import seal
from lockstep.artifacts.inputs import to_inputs
from lockstep.artifacts.predictions import collect
from lockstep.fitting import native, transformer
from lockstep.learners.registry import learner
from lockstep.params.pipeline.evaluate import EvaluateSpec
from lockstep.params.pipeline.train import EncodingSpec
from lockstep.pipeline.evaluate import contributions, importance, mistakes
from tests.unit.evaluation.samples import make_frame, make_schema
from tests.unit.fitting.frames import make_signature


def frames(task: str, **columns: Callable[..., Any]) -> dict[str, pd.DataFrame]:
    return {name: make_frame(task, 600, seed).assign(**columns) for seed, name in ((1, "train"), (2, "test"))}


def by_spend(task: str) -> Callable[..., Any]:
    """A model that looks at `spend` and at nothing else."""

    def predict(frame: Any) -> Any:
        signal = 1 / (1 + np.exp(-(frame["spend"].to_numpy() - 40) / 20))
        return {
            "binary": signal,
            "regression": 30 * signal,
            "multiclass": np.column_stack([1 - signal, signal / 2, signal / 2]),
        }[task]

    return predict


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_only_the_feature_that_the_model_looks_at_is_worth_something(task: str) -> None:
    found = importance.explain(make_schema(task), frames(task), by_spend(task), {}, EvaluateSpec(), 7)
    assert found.features[0].name == "spend"
    assert found.features[0].permuted > 0
    assert {feature.permuted for feature in found.features[1:]} == {0.0}
    assert found == importance.explain(make_schema(task), frames(task), by_spend(task), {}, EvaluateSpec(), 7)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_feature_that_knows_the_answer_raises_an_alarm(task: str) -> None:
    leaky = frames(task, visits=lambda f: f["label"] * 2 + 1)
    alarms = importance.explain(make_schema(task), leaky, by_spend(task), {}, EvaluateSpec(), 7).alarms
    assert any(alarm.startswith("visits alone reaches ") for alarm in alarms)


def test_honest_features_raise_none() -> None:
    def predict(frame: Any) -> int:
        return 1 / (1 + np.exp(-((frame["spend"] - 40) / 15 + 2.0 * (frame["plan"] == "plus") - 1))).to_numpy()

    assert importance.explain(make_schema("binary"), frames("binary"), predict, {}, EvaluateSpec(), 7).alarms == ()


def test_a_category_that_knows_the_answer_raises_an_alarm() -> None:
    leaky = frames("binary", plan=lambda f: np.where(f["label"] == 1, "cancelled", "active"))
    assert any(
        "plan alone" in alarm
        for alarm in importance.explain(make_schema("binary"), leaky, by_spend("binary"), {}, EvaluateSpec(), 7).alarms
    )


@pytest.fixture(scope="module")
def boosted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    """A small XGBoost model on disk, as `train` leaves it."""
    schema, frame = make_schema("binary"), make_frame("binary", 500, 1)
    inputs = to_inputs(frame, schema)
    encoder = transformer.build(schema, inputs, numbers="native", encoding=EncodingSpec(), seed=7)
    matrix = encoder.fit_transform(inputs, frame["label"]).astype(np.float32)
    estimator = xgb.XGBClassifier(n_estimators=20, max_depth=3, n_jobs=1).fit(matrix, frame["label"].astype(int))
    directory = tmp_path_factory.mktemp("boosted")
    native.write(directory, encoder, learner("xgboost"), estimator)
    seal(directory, make_signature("xgboost", schema))
    margin = estimator.predict(matrix, output_margin=True)
    return directory, schema, frame, margin


def test_contributions_add_up_to_the_log_odds_less_their_mean(boosted: tuple[Any, ...]) -> None:
    directory, schema, frame, margin = boosted
    found = contributions.Explainer.read(directory, schema, frame).explain(frame)
    rest = margin - found.moved.sum(axis=1)
    assert np.ptp(rest) < 1e-3  # what is left is the same for every row
    assert found.mean_absolute().keys() == set(schema.names)
    assert max(found.mean_absolute(), key=found.mean_absolute().get) in ("spend", "plan")


def test_dependence_shows_the_features_that_move_most_by_value(boosted: tuple[Any, ...]) -> None:
    directory, schema, frame, _ = boosted
    found = contributions.Explainer.read(directory, schema, frame).explain(frame)
    table = contributions.dependence(found, schema, frame)
    spend = table[table["feature"] == "spend"]
    assert spend["rows"].sum() == len(frame)
    assert spend["contribution"].iloc[0] < 0 < spend["contribution"].iloc[-1]
    assert "(missing)" in table[table["feature"] == "visits"]["value"].tolist()


def test_without_contributions_there_is_no_dependence() -> None:
    assert contributions.dependence(None, make_schema("binary"), make_frame("binary", 10, 1)).empty


def test_the_most_wrong_rows_come_first_with_what_misled_the_model(boosted: tuple[Any, ...]) -> None:
    directory, schema, frame, margin = boosted
    chance = 1 / (1 + np.exp(-margin))
    predicted = collect(schema, frame, {"model": chance})
    rows = mistakes.worst(predicted)
    wrongness = np.abs(frame["label"] - chance)
    assert wrongness.iloc[rows].to_numpy() == pytest.approx(np.sort(wrongness)[::-1][:20], abs=1e-5)
    found = contributions.Explainer.read(directory, schema, frame).explain(frame.iloc[rows])
    told = mistakes.describe(predicted, rows, frame, found, None)
    assert (told[0].key, told[0].label) == (
        str(frame["customer_id"].iloc[rows[0]]),
        f"{frame['label'].iloc[rows[0]]:g}",
    )
    assert len(told[0].because) == 3
    name, value = told[0].because[0].split(" = ")
    assert value.startswith("missing" if pd.isna(frame[name].iloc[rows[0]]) else str(frame[name].iloc[rows[0]])[:3])


def test_a_mistake_about_classes_names_them() -> None:
    schema, frame = make_schema("multiclass"), make_frame("multiclass", 40, 1)
    chance = np.tile([0.2, 0.5, 0.3], (40, 1))
    predicted = collect(schema, frame, {"model": chance})
    told = mistakes.describe(predicted, mistakes.worst(predicted), frame, None, schema.classes)
    assert told[0].label == schema.classes[0]
    assert told[0].predicted == f"{schema.classes[1]} (0.500)"
