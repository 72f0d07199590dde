"""Imputing and encoding, fitted on training rows only and exported in one graph with the model."""

from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import Binarizer, OneHotEncoder, StandardScaler, TargetEncoder

from lockstep.features.schema import FeatureSchema

MISSING = "(missing)"
"""The level that stands for a missing category: ONNX texts have no null."""


LARGEST = 1e38
"""Numbers are clipped to this: what lies beyond would be infinite as float32."""

ABSENT = 3e38
"""Stands for a missing number where only presence is asked about; no clipped number comes near it."""


Numbers = Literal["native", "imputed", "scaled"]
"""As they are, for trees that know missing values; median and indicator; the same on one scale."""


def to_inputs(frame: pd.DataFrame, schema: FeatureSchema) -> pd.DataFrame:
    """Return the features as every model takes them: numbers (float32) first, then categories (text).

    float32 is what trees and ONNX compare in, so that native and exported model see the same values.
    """
    numbers = frame[list(schema.numbers)].astype("float64").clip(-LARGEST, LARGEST).astype("float32")
    categories = frame[list(schema.categories)].astype("object").fillna(MISSING).astype(str).astype("object")
    return pd.concat([numbers, categories], axis=1)


def build(
    schema: FeatureSchema, frame: pd.DataFrame, *, numbers: Numbers, high_cardinality: int, seed: int
) -> ColumnTransformer:
    """Return an unfitted transformer for the output of `to_inputs`.

    Args:
        schema: the features.
        frame: the training rows, features only; decides which numbers have gaps and which
            categories have many levels.
        numbers: how the learner wants them.
        high_cardinality: categories with more levels than this get their cross-fitted mean target.
        seed: of the cross-fitting folds.
    """
    width = len(schema.numbers)
    positions = range(width, width + len(schema.categories))
    levels = dict(zip(positions, (frame[name].nunique() for name in schema.categories), strict=True))
    few = [position for position in positions if levels[position] <= high_cardinality]
    many = [position for position in positions if levels[position] > high_cardinality]
    gaps = [position for position in range(width) if frame.iloc[:, position].isna().any()]
    steps = [
        ("numbers", _numbers(numbers), list(range(width))),
        ("missing", _indicator(), [] if numbers == "native" else gaps),
        ("one_hot", _one_hot(), few),
        ("many", _many_levels(schema, frame, many, high_cardinality, seed), many),
    ]
    return ColumnTransformer([step for step in steps if step[2]])


def origins(fitted: ColumnTransformer, schema: FeatureSchema) -> list[str]:
    """Return for every column of the transformed matrix the feature that it comes from."""
    names: list[str] = [*schema.numbers, *schema.categories]
    found: list[str] = []
    for _, step, positions in fitted.transformers_:
        widths = (
            [len(levels) for levels in step.categories_] if isinstance(step, OneHotEncoder) else [1] * len(positions)
        )
        for position, columns in zip(positions, widths, strict=True):
            found += [str(names[position])] * columns
    return found


def _numbers(kind: Numbers) -> Any:
    if kind == "native":
        return "passthrough"
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    return imputer if kind == "imputed" else Pipeline([("impute", imputer), ("scale", StandardScaler())])


def _indicator() -> Pipeline:
    # scikit-learn's MissingIndicator has no ONNX form; a constant and a threshold say the same.
    imputer = SimpleImputer(strategy="constant", fill_value=ABSENT, keep_empty_features=True)
    return Pipeline([("mark", imputer), ("flag", Binarizer(threshold=ABSENT / 2))])


def _one_hot(categories: str | list[np.ndarray] = "auto") -> OneHotEncoder:
    return OneHotEncoder(categories=categories, handle_unknown="ignore", sparse_output=False, dtype=np.float32)


def _many_levels(
    schema: FeatureSchema, frame: pd.DataFrame, positions: list[int], limit: int, seed: int
) -> OneHotEncoder | TargetEncoder:
    if schema.task == "multiclass":
        # Target encoding of several classes has no ONNX form: the most frequent levels, one-hot.
        frequent = [_most_frequent(frame.iloc[:, position], limit) for position in positions]
        return _one_hot(frequent)
    # The kind is said: a label of whole numbers would be taken for classes.
    if schema.task == "regression":
        return TargetEncoder(target_type="continuous", cv=KFold(5, shuffle=True, random_state=seed))
    return TargetEncoder(target_type="binary", cv=StratifiedKFold(5, shuffle=True, random_state=seed))


def _most_frequent(column: pd.Series, limit: int) -> np.ndarray:
    counts = (
        column.rename("level").value_counts().reset_index().sort_values(["count", "level"], ascending=[False, True])
    )
    return np.sort(counts["level"].head(limit).to_numpy(object))
