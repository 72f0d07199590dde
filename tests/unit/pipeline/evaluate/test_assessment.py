"""The whole evaluation: intervals around values, paired gains, segments, no NaN."""

import json
import math
from typing import Any

import numpy as np
import pytest

from lockstep.artifacts.evaluation import Evaluation
from lockstep.artifacts.predictions import Predictions, collect, to_frame
from lockstep.core.files import dump_json
from lockstep.evaluation import segments
from lockstep.params.pipeline.evaluate import EvaluateSpec, GateSpec
from lockstep.pipeline.evaluate.assess import assess
from lockstep.pipeline.evaluate.summary import summary
from tests.unit.evaluation.samples import CLASSES, make_frame, make_schema

SPEC = EvaluateSpec(bootstrap=200, gates=GateSpec())


def evaluation(
    task: str, rows: int = 400, *, noise: float = 0.5, spec: EvaluateSpec = SPEC, columns: tuple[Any, ...] = ()
) -> tuple[Evaluation, Predictions]:
    schema, frame = make_schema(task), make_frame(task, rows, 1)
    rng = np.random.default_rng(2)
    label = frame["label"].to_numpy()
    if task == "multiclass":
        chance = np.eye(3)[label.astype(int)] + noise * rng.random((rows, 3))
        by = {"model": chance / chance.sum(axis=1, keepdims=True), "majority": np.full((rows, 3), 1 / 3)}
    elif task == "binary":
        by = {"model": np.clip(label * 0.5 + noise * rng.random(rows), 0, 1), "majority": np.full(rows, 0.5)}
    else:
        by = {"model": label + noise * rng.normal(size=rows), "mean": np.full(rows, label.mean())}
    by["linear"] = by["model"]
    found = collect(schema, frame, by)
    groups = {name: segments.groups(schema, name, frame, frame) for name in columns}
    return assess(found, spec, 3, groups, schema.classes), found


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_values_lie_in_their_intervals_and_gains_are_differences(task: str) -> None:
    result, _ = evaluation(task)
    for score in result.scores:
        assert score.model.low <= score.model.value <= score.model.high
        for name, gain in score.gains.items():
            if gain.value is not None:
                sign = 1 if score.greater_is_better else -1
                expected = sign * (score.model.value - score.baselines[name].value)
                assert gain.value == pytest.approx(expected, abs=2e-6)


def test_a_gain_over_an_equal_is_zero_without_any_doubt() -> None:
    """Paired: the same draws for both, although each on its own is uncertain."""
    gain = evaluation("binary")[0].main_score.gains["linear"]
    assert (gain.value, gain.low, gain.high) == (0, 0, 0)


def test_the_paired_interval_is_narrower_than_that_of_the_model() -> None:
    rng = np.random.default_rng(5)
    schema, frame = make_schema("binary"), make_frame("binary", 600, 1)
    model = np.clip(0.2 * frame["label"] + rng.random(600), 0, 1).to_numpy()
    found = collect(schema, frame, {"model": model, "logistic": np.clip(model + 0.05 * rng.random(600), 0, 1)})
    score = assess(found, SPEC, 3, {}).main_score
    gain = score.gains["logistic"]
    assert gain.high - gain.low < 0.5 * (score.model.high - score.model.low)


def test_nothing_that_is_not_a_number_reaches_json() -> None:
    """A constant below one half predicts no positive row: its precision does not exist."""
    schema, frame = make_schema("binary"), make_frame("binary", 100, 1)
    low = np.full(100, 0.2)
    result = assess(collect(schema, frame, {"model": low, "majority": low}), SPEC, 1, {})
    precision = next(score for score in result.scores if score.name == "precision")
    assert precision.model.not_applicable == "no row is predicted positive"
    assert precision.gains["majority"].not_applicable == "no row is predicted positive"
    dump_json(result.model_dump(mode="json"))  # raises where there is a NaN
    assert not result.gate.passed


def test_small_and_one_sided_levels_are_not_applicable_with_a_reason() -> None:
    schema, frame = make_schema("binary"), make_frame("binary", 300, 1)
    frame["plan"] = ["few"] * 12 + ["one class"] * 60 + ["sound"] * 228
    frame.loc[12:71, "label"] = 0.0
    found = collect(schema, frame, {"model": np.linspace(0, 1, 300), "majority": np.full(300, 0.5)})
    groups = {"plan": segments.groups(schema, "plan", frame, frame)}
    levels = {level.level: level for level in assess(found, SPEC, 1, groups).segments[0].levels}
    assert levels["few"].score.not_applicable == "12 rows; at least 30 are needed"
    assert levels["one class"].score.not_applicable == "needs rows of both classes"
    assert levels["sound"].score.low < levels["sound"].score.value < levels["sound"].score.high
    assert (levels["one class"].rows, levels["one class"].base_rate) == (60, 0)


def test_more_levels_than_a_reader_takes_in_are_counted_not_shown() -> None:
    schema, frame = make_schema("binary"), make_frame("binary", 300, 1)
    frame["plan"] = [f"level {i % 60}" for i in range(300)]
    found = collect(schema, frame, {"model": np.linspace(0, 1, 300), "majority": np.full(300, 0.5)})
    segment = assess(found, SPEC, 1, {"plan": segments.groups(schema, "plan", frame, frame)}).segments[0]
    assert (len(segment.levels), segment.omitted) == (20, 40)


def test_two_rows_of_an_entity_count_as_one_entity() -> None:
    schema, frame = make_schema("binary"), make_frame("binary", 200, 1)
    frame["customer_id"] = np.repeat(np.arange(100), 2)
    found = collect(schema, frame, {"model": np.linspace(0, 1, 200), "majority": np.full(200, 0.5)})
    result = assess(found, SPEC, 1, {})
    assert (result.rows, result.entities) == (200, 100)


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("binary", ["auc", "auc_linear", "ap", "logloss", "brier", "gate"]),
        ("multiclass", ["logloss", "logloss_linear", "accuracy", "f1", "auc", "gate"]),
        ("regression", ["rmse", "rmse_linear", "mae", "r2", "gate"]),
    ],
)
def test_the_summary_is_few_short_numbers_and_the_verdict(task: str, names: list[str]) -> None:
    result, _ = evaluation(task)
    short = summary(result)
    assert list(short) == names
    assert short["gate"] == "fail"  # the linear baseline is the model itself
    assert all(isinstance(value, str) or math.isfinite(value) for value in short.values())
    assert short[names[0]] == round(result.main_score.model.value, 4)


def test_labels_are_described_by_task() -> None:
    assert evaluation("multiclass")[0].label.keys() == set(CLASSES)
    assert evaluation("binary")[0].label.keys() == {"0", "1"}
    assert evaluation("regression")[0].label.keys() == {"mean", "std", "min", "max"}


def test_all_metrics_follow_from_the_prediction_file() -> None:
    """What is evaluated are the rounded predictions: from the file alone come the same metrics."""
    from sklearn.metrics import roc_auc_score

    result, found = evaluation("binary")
    frame = to_frame(make_schema("binary"), found)
    assert list(frame) == [
        "customer_id", "cutoff", "label", "model_probability", "majority_probability", "linear_probability",
    ]  # fmt: skip
    assert (frame["model_probability"] == frame["model_probability"].round(6)).all()
    auc = roc_auc_score(frame["label"], frame["model_probability"])
    assert result.main_score.model.value == pytest.approx(auc, abs=1e-6)


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_predicted_numbers_keep_their_leading_digits_at_any_scale(scale: float) -> None:
    schema, frame = make_schema("regression"), make_frame("regression", 50, 1)
    values = np.append(np.random.default_rng(1).normal(size=49), 0.0) * scale
    kept = collect(schema, frame, {"model": values}).model
    np.testing.assert_allclose(kept, values, rtol=1e-6)
    noisy = collect(schema, frame, {"model": values * (1 + 1e-13)}).model
    assert json.dumps(kept.tolist()) == json.dumps(noisy.tolist())
