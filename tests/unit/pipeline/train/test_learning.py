"""Learning curve, spread over seeds, over-fitting: measured with the model's own recipe."""

import dataclasses

import pytest

from lockstep.artifacts.schema import LABEL
from lockstep.fitting.encoding import Encoding
from lockstep.fitting.training import Recipe, Trained
from lockstep.learners.registry import learner
from lockstep.learners.spec import Budget
from lockstep.pipeline.train.learning import Frames, learning_curve, overfitting, spread
from lockstep.tasks import registry
from tests.unit.fitting.frames import make_frame, make_schema

METRICS = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}


def made(task: str, **params: float) -> tuple[Recipe, Frames, Trained]:
    frames = Frames(*(make_frame(task, rows=rows, seed=seed) for rows, seed in ((900, 1), (600, 2), (600, 3))))
    params = {"max_depth": 3, "subsample": 0.7, **params}
    recipe = Recipe(learner("xgboost"), Encoding(make_schema(task), 7), params, Budget(80, 10), 7)
    return recipe, frames, recipe.train(frames.train, frames.valid)


def test_the_last_point_is_the_model_and_parts_grow(task: str) -> None:
    recipe, frames, model = made(task)
    metric = registry.task(task).search_metric(METRICS[task], 3)
    points = learning_curve(recipe, frames, model, (0.5, 0.1), metric)
    assert [point.rows for point in points] == [90, 450, 900]
    first, last = points[0], points[-1]
    assert (last.valid > first.valid) == metric.greater_is_better
    assert last.valid == pytest.approx(metric.score(model.encoded.valid.label, model.fitted.valid_prediction), abs=1e-6)


def test_rows_of_one_entity_stay_together() -> None:
    recipe, frames, model = made("binary")
    frames = dataclasses.replace(frames, train=frames.train.assign(id=frames.train.index // 9))
    points = learning_curve(recipe, frames, model, (0.25,), registry.task("binary").search_metric("roc_auc"))
    assert points[0].rows == 25 * 9


def test_a_part_without_all_classes_is_left_out() -> None:
    recipe, frames, model = made("multiclass")
    frames = dataclasses.replace(frames, train=frames.train.assign(**{LABEL: [2.0] + [0.0, 1.0] * 449 + [0.0]}))
    points = learning_curve(
        recipe, frames, model, (0.01, 0.05), registry.task("multiclass").search_metric("log_loss", 3)
    )
    assert [point.share for point in points] == [1.0]


def test_the_spread_is_of_fits_that_differ_in_the_seed_and_the_model_is_the_first(task: str) -> None:
    recipe, frames, model = made(task)
    metric = registry.task(task).search_metric(METRICS[task], 3)
    found = spread(recipe, frames, model, 3, metric)
    assert len(found.test) == len(found.valid) == len(set(found.test)) == 3
    again = dataclasses.replace(recipe, seed=8).train(frames.train, frames.valid)
    assert found.valid[1] == pytest.approx(
        metric.score(again.encoded.valid.label, again.fitted.valid_prediction), abs=1e-6
    )
    assert found.deviation > 0
    assert spread(recipe, frames, model, 1, metric).deviation is None


def test_what_is_learnt_by_heart_raises_an_alarm_and_what_holds_does_not() -> None:
    recipe, frames, model = made("binary")
    metric = registry.task("binary").search_metric("roc_auc")
    sound = overfitting(frames, model, metric)
    assert sound.alarm is None
    assert 0.5 < sound.held <= 1.2
    noise = dataclasses.replace(frames, train=frames.train.assign(**{LABEL: [0.0, 1.0] * 450}))
    deep = dataclasses.replace(recipe, params={"max_depth": 12, "min_child_weight": 0.01}, budget=Budget(200, 200))
    hearted = overfitting(noise, deep.train(noise.train, frames.valid), metric)
    assert hearted.held < 0.5
    assert "learns rows by heart" in hearted.alarm


def test_a_loss_that_falls_is_a_gain(task: str) -> None:
    _, frames, model = made(task)
    found = overfitting(frames, model, registry.task(task).search_metric(METRICS[task], 3))
    assert 0.3 < found.held < 1.2
