"""Importance of each feature, by shuffling it and on its own, and alarms for features that may leak the label."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lockstep.artifacts.evaluation import Explanation, Importance, Near
from lockstep.artifacts.predictions import MODEL, collect
from lockstep.artifacts.schema import LABEL, FeatureSchema
from lockstep.core.spec import format_duration
from lockstep.params.pipeline.evaluate import EvaluateSpec
from lockstep.pipeline.evaluate import near_cutoff, token_columns
from lockstep.pipeline.evaluate.near_cutoff import Proximity
from lockstep.pipeline.evaluate.shuffling import Predict, Shuffled, Shuffler, score
from lockstep.statistics.weighted import Floats
from lockstep.tasks.formulas import constant_prediction
from lockstep.tasks.registry import task

ROWS = 2000  # of the test split that are shuffled: enough for a stable ranking
TRAINED = 20_000  # rows that a single feature learns from
DEPTH = 3  # of its tree


def explain(
    schema: FeatureSchema,
    frames: Mapping[str, pd.DataFrame],
    predict: Predict,
    contributions: Mapping[str, float],
    spec: EvaluateSpec,
    seed: int,
) -> Explanation:
    """Return the features by decreasing permutation importance.

    Args:
        schema: of the features.
        frames: `train` and `test`.
        predict: the model.
        contributions: mean absolute contribution by feature; empty if the model has none.
        spec: limits for alarms.
        seed: of samples and shuffles.
    """
    train, test = sample(frames["train"], TRAINED, seed), sample(frames["test"], ROWS, seed)
    shuffler = Shuffler.of(schema, test, predict)
    near = near_cutoff.find(schema, test, spec.near_cutoff)
    nowhere = np.zeros(len(test), bool)
    shuffled = {
        name: shuffler.shuffle(name, near.rows.get(name, nowhere), np.random.default_rng([seed, number]))
        for number, name in enumerate(schema.names)
    }
    label = train[LABEL].to_numpy(dtype=float)
    constant = _score(schema, test, constant_prediction(task(schema.task), label, len(test), len(schema.classes or ())))
    alone = {name: _share(_alone(schema, name, train, test), shuffler.score, constant) for name in schema.names}
    keys = test[schema.key].to_numpy()
    found = [
        Importance(
            name=name,
            permuted=_defined(shuffled[name].worse),
            alone=alone[name],
            contribution=contributions.get(name),
            near=near_cutoff.share(shuffled[name], keys) if name in near.rows else None,
        )
        for name in schema.names
    ]
    found.sort(key=lambda one: (-(one.permuted or 0.0), one.name))
    judged = {name: shuffled[name] for name in near.rows}
    return Explanation(
        rows=len(test),
        features=tuple(found),
        alarms=(*_alarms(alone, spec.leakage), *_near_alarms(judged, near, keys, spec)),
        near=Near(within=format_duration(spec.near_cutoff), judged=len(judged), not_applicable=near.not_applicable),
    )


def _alarms(alone: Mapping[str, float | None], leakage: float) -> Iterator[str]:
    for name, share in alone.items():
        if share is not None and share >= leakage:
            yield (
                f"{name} alone reaches {share:.0%} of the model's gain over a constant: "
                "does it use anything that is not known at the cutoff?"
            )


def _near_alarms(
    judged: Mapping[str, Shuffled], near: Proximity, keys: NDArray[Any], spec: EvaluateSpec
) -> Iterator[str]:
    for name, shuffled in judged.items():
        if near_cutoff.suspicious(shuffled, keys, spec.near_leakage):
            part, rows = near_cutoff.share(shuffled, keys), near.rows[name].mean()
            yield (
                f"{part:.0%} of the importance of {name} is from the {rows:.0%} of rows with their last event within "
                f"{format_duration(spec.near_cutoff)} before the cutoff: are the timestamps of these events right?"
            )


def sample(frame: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    """Return at most `rows` rows of a frame, drawn at random, in the order of the frame."""
    if len(frame) <= rows:
        return frame
    return frame.iloc[np.sort(np.random.default_rng(seed).choice(len(frame), rows, replace=False))]


def _score(schema: FeatureSchema, test: pd.DataFrame, prediction: Floats) -> float:
    return score(collect(schema, test, {MODEL: prediction}))


def _alone(schema: FeatureSchema, name: str, train: pd.DataFrame, test: pd.DataFrame) -> float:
    """Return the score of a shallow tree of one feature."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    columns = _columns(schema, name, train, test)
    label = train[LABEL].to_numpy(dtype=float)
    kind = task(schema.task)
    if not kind.has_probabilities:
        tree: Any = DecisionTreeRegressor(max_depth=DEPTH, random_state=0).fit(columns[0], label)
        return _score(schema, test, tree.predict(columns[1]))
    tree = DecisionTreeClassifier(max_depth=DEPTH, random_state=0).fit(columns[0], label.astype(int))
    chance = np.zeros((len(test), len(schema.classes or "01")))
    chance[:, tree.classes_] = tree.predict_proba(columns[1])
    return _score(schema, test, chance if kind.has_classes else chance[:, 1])


def _columns(schema: FeatureSchema, name: str, train: pd.DataFrame, test: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return a feature of both frames as numbers, (n, k) and (m, k).

    A category is replaced by the mean label of its level in training, a text by flags for the frequent words in
    training: the mean label of a text that occurs once is its own label.
    """
    if name in schema.texts:
        known = token_columns.frequent(train[name])
        return token_columns.flags(train[name], known), token_columns.flags(test[name], known)
    if name in schema.numbers:
        return np.asarray(train[[name]], dtype=np.float64), np.asarray(test[[name]], dtype=np.float64)
    means = train.groupby(name, dropna=False)[LABEL].mean()
    of_train, of_test = (np.asarray(frame[name].map(means).astype(float)).reshape(-1, 1) for frame in (train, test))
    return of_train, of_test


def _share(alone: float, intact: float, constant: float) -> float | None:
    """Return the share of the gain; None if the model gains nothing."""
    return _defined((alone - constant) / (intact - constant)) if intact > constant else None


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value
