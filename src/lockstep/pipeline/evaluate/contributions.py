"""How much each feature moved each prediction: exact SHAP values, summed over the columns that a feature became."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lockstep.artifacts.bundle import read_signature
from lockstep.artifacts.inputs import to_inputs
from lockstep.artifacts.schema import FeatureSchema
from lockstep.fitting import native, transformer
from lockstep.learners.registry import learner
from lockstep.learners.spec import Additive, Matrix
from lockstep.statistics.weighted import Floats

DECIMALS = 4  # enough for a reader, and far above the noise of float32
BINS = 10  # of a number, along its dependence
SHOWN = 6  # features whose dependence is drawn
COLUMNS = ("feature", "value", "contribution", "rows")


@dataclass(frozen=True)
class Contributions:
    """By row and feature; they add up to the prediction less its mean, before the link function.

    Attributes:
        names: of the features.
        moved: (n, features): log-odds (of a random forest: probability), or the label's unit; with more classes, of the
            likeliest one.
    """

    names: tuple[str, ...]
    moved: Floats

    def mean_absolute(self) -> dict[str, float]:
        """Return the mean absolute contribution of each feature."""
        return dict(zip(self.names, np.abs(self.moved).mean(axis=0).round(DECIMALS).tolist(), strict=True))

    def largest(self, row: int, count: int) -> list[tuple[str, float]]:
        """Return the features with the largest contributions to one row, with the contributions."""
        moved = self.moved[row]
        order = np.lexsort((np.arange(len(moved)), -np.abs(moved)))[:count]
        return [(self.names[k], float(moved[k])) for k in order if moved[k] != 0]


@dataclass(frozen=True)
class Explainer:
    """Computes the contributions of one model.

    Attributes:
        schema: of the model's features.
        transformer: from its inputs to the matrix.
        additive: from the matrix to what each of its columns adds.
    """

    schema: FeatureSchema
    transformer: Any
    additive: Additive

    @classmethod
    def read(cls, directory: Path, schema: FeatureSchema, background: pd.DataFrame) -> "Explainer | None":
        """Return the explainer of a model; None where its kind has no exact contributions.

        Args:
            directory: of the model, its digests checked.
            schema: of the model's features.
            background: rows whose mean prediction is the reference of a linear model's contributions.
        """
        signature = read_signature(directory)
        spec = learner(signature.estimator)
        pipeline = native.read(directory, spec, signature.output)
        fitted = pipeline.named_steps["preprocess"]
        found = spec.explain(pipeline.named_steps["model"], lambda: _matrix(fitted, background, schema))
        return None if found is None else cls(schema, fitted, found)

    def explain(self, frame: pd.DataFrame) -> Contributions:
        """Return the contributions to the predictions for n rows."""
        raw = self.additive.of(_matrix(self.transformer, frame, self.schema))
        if raw.ndim > 2:  # noqa: PLR2004 # (rows, classes, columns)
            raw = raw[np.arange(len(raw)), raw.sum(axis=2).argmax(axis=1)]
        place = {name: number for number, name in enumerate(self.schema.names)}
        values = np.zeros((len(frame), len(place)))
        for column, origin in enumerate(transformer.origins(self.transformer, self.schema)):
            values[:, place[origin]] += raw[:, column]  # the last column of `raw` is the mean
        return Contributions(self.schema.names, values.round(DECIMALS) + 0.0)


def _matrix(fitted: Any, frame: pd.DataFrame, schema: FeatureSchema) -> Matrix:
    return np.asarray(fitted.transform(to_inputs(frame, schema)), dtype=np.float32)


def dependence(found: Contributions | None, schema: FeatureSchema, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean contribution by value of a feature, for the features with the largest contributions.

    Numbers are grouped into bins of equal mass, shown at the bin's mean; booleans and categories are shown by level.
    Texts are left out: hardly two rows share one.
    """
    means = {} if found is None else found.mean_absolute()
    shown = sorted(means.keys() - set(schema.texts), key=lambda name: (-means[name], name))[:SHOWN]
    if found is None or not shown:
        return pd.DataFrame(columns=list(COLUMNS))
    parts = [_along(name, found.moved[:, found.names.index(name)], schema, frame) for name in shown]
    return pd.concat(parts, ignore_index=True)


def _along(name: str, moved: Floats, schema: FeatureSchema, frame: pd.DataFrame) -> pd.DataFrame:
    values = frame[name].reset_index(drop=True)
    if name in schema.booleans:
        level = values.map("{:g}".format, na_action="ignore").astype(object)
    elif name in schema.numbers:
        bins = pd.qcut(values, BINS, duplicates="drop")
        means = values.groupby(bins, observed=True).mean()
        level = bins.map(means.round(DECIMALS)).astype(object)
    else:
        level = values.astype(object)
    level = level.where(values.notna(), "(missing)")
    grouped = pd.DataFrame({"value": level.astype(str), "contribution": moved}).groupby("value", sort=False)
    table = grouped["contribution"].agg(["mean", "size"]).round(DECIMALS).reset_index()
    table.columns = pd.Index(["value", "contribution", "rows"])
    table.insert(0, "feature", name)
    order = pd.to_numeric(table["value"], errors="coerce")
    return table.assign(order=order).sort_values(["order", "value"]).drop(columns="order")
