"""What each feature is worth, by shuffling it, and on its own; and whether one of them knows the answer."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from lockstep.evaluation import words
from lockstep.evaluation.bootstrap import observed
from lockstep.evaluation.metrics import main_metric
from lockstep.evaluation.predictions import rounded
from lockstep.evaluation.result import Explanation, Importance
from lockstep.evaluation.statistics import Floats
from lockstep.features.schema import LABEL, FeatureSchema

Predict = Callable[[pd.DataFrame], Floats]

ROWS = 2000  # of the test split that are shuffled: the ranking settles long before
SHUFFLES = 3
TRAINED = 20_000  # rows that a single feature learns from
DEPTH = 3  # of its tree


def explain(
    schema: FeatureSchema,
    frames: Mapping[str, pd.DataFrame],
    predict: Predict,
    contributions: Mapping[str, float],
    leakage: float,
    seed: int,
) -> Explanation:
    """Return the features in the order of what shuffling them costs.

    Args:
        schema: of the features.
        frames: `train` and `test`.
        predict: the model.
        contributions: mean absolute TreeSHAP value by feature, empty where the model has none.
        leakage: share of the model's gain from which on a single feature raises an alarm.
        seed: of samples and shuffles.
    """
    train, test = _sample(frames["train"], TRAINED, seed), _sample(frames["test"], ROWS, seed)
    intact = _score(schema, test, predict(test))
    constant = _score(schema, test, _constant(schema, train, len(test)))
    alone = {name: _share(_alone(schema, name, train, test), intact, constant) for name in schema.names}
    found = [
        Importance(
            name=name,
            permuted=_shuffled(schema, name, test, predict, intact, np.random.default_rng([seed, number])),
            alone=alone[name],
            contribution=contributions.get(name),
        )
        for number, name in enumerate(schema.names)
    ]
    found.sort(key=lambda one: (-(one.permuted or 0.0), one.name))
    return Explanation(rows=len(test), features=tuple(found), alarms=tuple(_alarms(alone, leakage)))


def _alarms(alone: Mapping[str, float | None], leakage: float) -> Iterator[str]:
    for name, share in alone.items():
        if share is not None and share >= leakage:
            yield (
                f"{name} alone reaches {share:.0%} of the model's gain over a constant: "
                "is it known at the cutoff, or does it know the answer?"
            )


def _sample(frame: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    if len(frame) <= rows:
        return frame
    return frame.iloc[np.sort(np.random.default_rng(seed).choice(len(frame), rows, replace=False))]


def _score(schema: FeatureSchema, test: pd.DataFrame, prediction: Floats) -> float:
    """Return the main metric, turned so that more is better; NaN where it is not defined."""
    metric = main_metric(schema.task)
    label = test[LABEL].to_numpy(dtype=float)
    value = observed(metric.prepare(label, rounded(schema.task, prediction)), len(label))
    return value if metric.greater_is_better else -value


def _shuffled(
    schema: FeatureSchema, name: str, test: pd.DataFrame, predict: Predict, intact: float, rng: np.random.Generator
) -> float | None:
    """Return how much worse the model gets, in the mean over shuffles (Breiman, 2001)."""
    scores = [
        _score(schema, test, predict(test.assign(**{name: test[name].to_numpy()[rng.permutation(len(test))]})))
        for _ in range(SHUFFLES)
    ]
    return _defined(intact - float(np.mean(scores)))


def _alone(schema: FeatureSchema, name: str, train: pd.DataFrame, test: pd.DataFrame) -> float:
    """Return the score of a shallow tree that sees one feature."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    columns = _columns(schema, name, train, test)
    label = train[LABEL].to_numpy(dtype=float)
    if schema.task == "regression":
        tree: Any = DecisionTreeRegressor(max_depth=DEPTH, random_state=0).fit(columns[0], label)
        return _score(schema, test, tree.predict(columns[1]))
    tree = DecisionTreeClassifier(max_depth=DEPTH, random_state=0).fit(columns[0], label.astype(int))
    chance = np.zeros((len(test), len(schema.classes or "01")))
    chance[:, tree.classes_] = tree.predict_proba(columns[1])
    return _score(schema, test, chance if schema.task == "multiclass" else chance[:, 1])


def _columns(schema: FeatureSchema, name: str, train: pd.DataFrame, test: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return a feature of both frames as numbers, (n, k) and (m, k).

    Of a category, the mean label of its level in training; of a text, which of training's frequent words it has, for
    the mean label of a text that occurs once is its own label.
    """
    if name in schema.texts:
        known = words.frequent(train[name])
        return words.flags(train[name], known), words.flags(test[name], known)
    if name in schema.numbers:
        return np.asarray(train[[name]], dtype=np.float64), np.asarray(test[[name]], dtype=np.float64)
    means = train.groupby(name, dropna=False)[LABEL].mean()
    of_train, of_test = (np.asarray(frame[name].map(means).astype(float)).reshape(-1, 1) for frame in (train, test))
    return of_train, of_test


def _constant(schema: FeatureSchema, train: pd.DataFrame, rows: int) -> Floats:
    label = train[LABEL].to_numpy(dtype=float)
    if schema.task != "multiclass":
        return np.full(rows, label.mean())
    shares = np.bincount(label.astype(int), minlength=len(schema.classes or ())) / len(label)
    return np.tile(shares, (rows, 1))


def _share(alone: float, intact: float, constant: float) -> float | None:
    """Return the part of the gain; None where the model gains nothing that could be explained."""
    return _defined((alone - constant) / (intact - constant)) if intact > constant else None


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value
