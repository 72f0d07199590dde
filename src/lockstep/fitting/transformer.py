"""Imputing and encoding, fitted on training rows only and exported in one graph with the model."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import Binarizer, OneHotEncoder, StandardScaler, TargetEncoder

from lockstep.artifacts.schema import FeatureSchema
from lockstep.fitting import words
from lockstep.fitting.levels import Levels
from lockstep.learners.spec import Numbers
from lockstep.params.pipeline.train import EncodingSpec
from lockstep.tasks.registry import task

ABSENT = 3e38
"""Replaces a missing number where an indicator is made; no clipped number comes near it."""


def build(
    schema: FeatureSchema, frame: pd.DataFrame, *, numbers: Numbers, encoding: EncodingSpec, seed: int
) -> ColumnTransformer:
    """Return an unfitted transformer for the output of `to_inputs`.

    Args:
        schema: the features.
        frame: the training rows, features only; decides which numbers have gaps, which categories have many levels
            and which words are known.
        numbers: form that the learner needs.
        encoding: limits for many and for rare levels.
        seed: of the cross-fitting folds.
    """
    width, rest = len(schema.numbers), len(schema.numbers) + len(schema.categories)
    levels = {position: frame.iloc[:, position].nunique() for position in range(width, rest)}
    few = [position for position, count in levels.items() if count <= encoding.high_cardinality]
    many = [position for position, count in levels.items() if count > encoding.high_cardinality]
    gaps = [position for position in range(width) if frame.iloc[:, position].isna().any()]
    steps: list[tuple[str, Any, list[int] | int]] = [
        ("numbers", _numbers(numbers), list(range(width))),
        ("missing", _indicator(), [] if numbers == "native" else gaps),
        ("one_hot", _one_hot(Levels(encoding.rare)), few),
        ("many", _many_levels(schema, encoding, seed), many),
    ]
    made = [step for step in steps if step[2]]
    for position in range(rest, frame.shape[1]):
        vectorizer = words.vectorizer(frame.iloc[:, position], encoding.rare, encoding.words)
        # A single position, not a list of one: the vectorizer needs a 1-D column.
        made += [] if vectorizer is None else [(f"text_{position}", vectorizer, position)]
    return ColumnTransformer(made, sparse_threshold=0)


def origins(fitted: ColumnTransformer, schema: FeatureSchema) -> list[str]:
    """Return for every column of the transformed matrix the feature that it comes from."""
    names: list[str] = [*schema.numbers, *schema.categories, *schema.texts]
    found: list[str] = []
    for name, step, positions in fitted.transformers_:
        if name == "remainder":  # texts without a frequent word
            continue
        for position, columns in zip(np.atleast_1d(positions), _widths(step, np.size(positions)), strict=True):
            found += [str(names[position])] * columns
    return found


def numbers_of(fitted: ColumnTransformer, schema: FeatureSchema) -> list[str | None]:
    """Return for every column of the matrix the number whose value it holds; None for other columns."""
    held = list(schema.numbers) if fitted.transformers_[0][0] == "numbers" else []
    return [*held, *[None] * (len(origins(fitted, schema)) - len(held))]


def _widths(step: Any, columns: int) -> list[int]:
    if isinstance(step, words.Words):
        return [len(step.vocabulary_)]
    last = step.steps[-1][1] if isinstance(step, Pipeline) else step
    return [len(levels) for levels in last.categories_] if isinstance(last, OneHotEncoder) else [1] * columns


def _numbers(kind: Numbers) -> Any:
    if kind == "native":
        return "passthrough"
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    return imputer if kind == "imputed" else Pipeline([("impute", imputer), ("scale", StandardScaler())])


def _indicator() -> Pipeline:
    # scikit-learn's MissingIndicator has no ONNX form; a constant and a threshold are equivalent.
    imputer = SimpleImputer(strategy="constant", fill_value=ABSENT, keep_empty_features=True)
    return Pipeline([("mark", imputer), ("flag", Binarizer(threshold=ABSENT / 2))])


def _one_hot(levels: Levels) -> Pipeline:
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32)
    return Pipeline([("levels", levels), ("encode", encoder)])


def _many_levels(schema: FeatureSchema, encoding: EncodingSpec, seed: int) -> Pipeline:
    output = task(schema.task).output
    if output == "probabilities":
        # Target encoding of several classes has no ONNX form: the most frequent levels, one-hot.
        return _one_hot(Levels(encoding.rare, encoding.high_cardinality))
    # Explicit: a label of whole numbers would be detected as classes.
    if output == "number":
        encoder = TargetEncoder(target_type="continuous", cv=KFold(5, shuffle=True, random_state=seed))
    else:
        encoder = TargetEncoder(target_type="binary", cv=StratifiedKFold(5, shuffle=True, random_state=seed))
    # It shrinks the mean of a rare level by itself (Micci-Barreca, 2001).
    return Pipeline([("levels", Levels()), ("encode", encoder)])
