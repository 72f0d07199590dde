"""TreeSHAP: how much each feature moved each prediction, by XGBoost's own exact algorithm.

Lundberg et al., Nature Machine Intelligence 2, 2020. The `shap` package takes ten seconds to import.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lockstep.evaluation.statistics import Floats
from lockstep.features.schema import FeatureSchema

DECIMALS = 4  # what a reader takes in, and far above the noise of float32
BINS = 10  # of a number, along its dependence
SHOWN = 6  # features whose dependence is drawn
COLUMNS = ("feature", "value", "contribution", "rows")


@dataclass(frozen=True)
class Contributions:
    """By row and feature; they add up to the prediction less its mean, before the link function.

    Attributes:
        names: of the features.
        moved: (n, features): log-odds, or the label's unit; with more classes, of the likeliest one.
    """

    names: tuple[str, ...]
    moved: Floats

    def mean_absolute(self) -> dict[str, float]:
        """Return what each feature moves in the mean."""
        return dict(zip(self.names, np.abs(self.moved).mean(axis=0).round(DECIMALS).tolist(), strict=True))

    def largest(self, row: int, count: int) -> list[tuple[str, float]]:
        """Return the features that moved one row most, with how far."""
        moved = self.moved[row]
        order = np.lexsort((np.arange(len(moved)), -np.abs(moved)))[:count]
        return [(self.names[k], float(moved[k])) for k in order if moved[k] != 0]


def contributions(directory: Path, schema: FeatureSchema, frame: pd.DataFrame) -> Contributions | None:
    """Return the contributions to the predictions for a frame; None for a model that is not XGBoost's.

    Args:
        directory: of the model, its digests checked.
        schema: of the model's features.
        frame: n rows.
    """
    from lockstep.models import native, preprocess
    from lockstep.models.bundle import BOOSTER

    if not (directory / BOOSTER).is_file() or frame.empty:
        return None
    import xgboost as xgb

    pipeline = native.read(directory, schema.task)
    transformer = pipeline.named_steps["preprocess"]
    matrix = transformer.transform(preprocess.to_inputs(frame, schema)).astype(np.float32)
    booster = pipeline.named_steps["model"].get_booster()
    booster.set_param({"nthread": 1})
    raw = np.asarray(booster.predict(xgb.DMatrix(matrix, nthread=1), pred_contribs=True), dtype=np.float64)
    if raw.ndim > 2:  # noqa: PLR2004 # (rows, classes, columns)
        raw = raw[np.arange(len(raw)), raw.sum(axis=2).argmax(axis=1)]
    place = {name: number for number, name in enumerate(schema.names)}
    values = np.zeros((len(frame), len(place)))
    for column, origin in enumerate(preprocess.origins(transformer, schema)):
        values[:, place[origin]] += raw[:, column]  # the last column of `raw` is the mean
    return Contributions(schema.names, values.round(DECIMALS) + 0.0)


def dependence(found: Contributions | None, schema: FeatureSchema, frame: pd.DataFrame) -> pd.DataFrame:
    """Return how far a feature moves a prediction by its value: of the features that move most.

    Numbers are grouped into bins of equal mass and stand for the bin's mean; truths and categories stand for
    themselves. A text, which hardly two rows share, has no place along an axis.
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
