"""Baselines are fitted on the training split only."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from lockstep.params.pipeline.train import EncodingSpec
from lockstep.pipeline.evaluate import baselines
from tests.unit.evaluation.samples import make_frame, make_schema


def fit(task: str, train: pd.DataFrame) -> dict[str, Callable[..., Any]]:
    return baselines.fit(make_schema(task), train, encoding=EncodingSpec(), seed=1)


def test_the_constant_baseline_predicts_the_training_labels() -> None:
    train, test = make_frame("binary", 200, 1), make_frame("binary", 50, 2)
    np.testing.assert_allclose(fit("binary", train)["majority"](test), train["label"].mean())
    train, test = make_frame("regression", 200, 1), make_frame("regression", 50, 2)
    np.testing.assert_allclose(fit("regression", train)["mean"](test), train["label"].mean())


def test_the_linear_baseline_learns_what_is_linear() -> None:
    train, test = make_frame("binary", 600, 1), make_frame("binary", 300, 2)
    assert roc_auc_score(test["label"], fit("binary", train)["logistic"](test)) > 0.9
    train, test = make_frame("regression", 600, 1), make_frame("regression", 300, 2)
    error = fit("regression", train)["ridge"](test) - test["label"]
    assert (error**2).mean() < 0.5 * test["label"].var()


def test_test_rows_are_predicted_one_by_one() -> None:
    """What other test rows hold changes nothing: nothing is fitted on them."""
    train, test = make_frame("binary", 300, 1), make_frame("binary", 100, 2)
    logistic = fit("binary", train)["logistic"]
    np.testing.assert_allclose(logistic(test)[:10], logistic(test.iloc[:10]), rtol=1e-12)


def test_a_class_that_training_rows_lack_gets_no_probability() -> None:
    train, test = make_frame("multiclass", 300, 1), make_frame("multiclass", 50, 2)
    train = train[train["label"] != 1]
    for predict in fit("multiclass", train).values():
        chance = predict(test)
        assert chance.shape == (50, 3)
        assert (chance[:, 1] == 0).all()
        np.testing.assert_allclose(chance.sum(axis=1), 1)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_frames_are_left_as_they_were(task: str) -> None:
    train = make_frame(task, 100, 1)
    before = train.copy(deep=True)
    for predict in fit(task, train).values():
        predict(train)
    assert train.equals(before)


def test_the_last_value_of_a_number_is_itself() -> None:
    schema = make_schema("regression").model_copy(update={"last_value": "age"})
    train, test = make_frame("regression", 200, 1), make_frame("regression", 50, 2).assign(age=[None, *range(49)])
    found = baselines.fit(schema, train, encoding=EncodingSpec(), seed=1)
    assert list(found) == ["mean", "last", "ridge"]
    assert found["last"](test).tolist() == [train["label"].mean(), *range(49)]


def test_the_last_value_of_a_class_is_how_often_the_label_followed_it() -> None:
    schema = make_schema("binary").model_copy(update={"last_value": "age"})
    train = make_frame("binary", 200, 1).assign(age=[0.0, 2.0] * 100)
    said = baselines.fit(schema, train, encoding=EncodingSpec(), seed=1)["last"]
    test = train.head(3).assign(age=[0.0, 7.0, None])
    none, some = train["label"][::2].mean(), train["label"][1::2].mean()
    assert said(test).tolist() == [none, some, none]
