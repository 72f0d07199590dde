"""Predictions of the test split, rounded before any metric is computed, so that metrics follow from the file alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lockstep.artifacts.schema import CUTOFF, LABEL, FeatureSchema
from lockstep.statistics.estimate import DECIMALS
from lockstep.statistics.weighted import Floats
from lockstep.tasks.registry import task
from lockstep.tasks.task import Output, Task

MODEL = "model"
HALF = 0.5  # the threshold if none was chosen
SEGMENT = "segment_"  # starts the column of a segment's levels
DIGITS = 7  # significant digits of a predicted number: the precision of float32


@dataclass(frozen=True)
class Predictions:
    """Rows of the test split, as predicted by the model and by the baselines.

    Attributes:
        task: name of the task.
        keys: (n,) entity of each row.
        cutoffs: (n,) or None for a flat table.
        label: (n,) 0 or 1, index of the class, or a number.
        by: name of the predictor -> (n,), or (n, classes) for three or more classes; `model` is the first.
        thresholds: name of the predictor -> minimum probability to predict positive; 0.5 if missing.
    """

    task: str
    keys: NDArray[Any]
    cutoffs: NDArray[Any] | None
    label: Floats
    by: Mapping[str, Floats]
    thresholds: Mapping[str, float] = field(default_factory=dict)

    @property
    def kind(self) -> Task:
        """The definition of the task."""
        return task(self.task)

    def threshold(self, name: str = MODEL) -> float:
        """Return the minimum probability at which a predictor predicts positive."""
        return self.thresholds.get(name, HALF)

    def at(self, thresholds: Mapping[str, float]) -> "Predictions":
        """Return the same predictions with these thresholds."""
        return replace(self, thresholds=thresholds)

    @property
    def model(self) -> Floats:
        """Predictions of the model."""
        return self.by[MODEL]

    def loss(self, name: str = MODEL) -> Floats:
        """Return the loss of each row, (n,)."""
        return self.kind.loss(self.label, self.by[name])

    def chosen(self, name: str = MODEL) -> NDArray[np.intp]:
        """Return the predicted class of each row, (n,): by the threshold, or the most likely one."""
        values = self.by[name]
        return values.argmax(axis=1) if values.ndim > 1 else (values >= self.threshold(name)).astype(np.intp)

    @property
    def baselines(self) -> tuple[str, ...]:
        """Names of the other predictors."""
        return tuple(name for name in self.by if name != MODEL)


def collect(schema: FeatureSchema, test: pd.DataFrame, by: Mapping[str, Floats]) -> Predictions:
    """Return the predictions for `test` by each predictor, rounded."""
    return Predictions(
        task=schema.task,
        keys=test[schema.key].to_numpy(),
        cutoffs=test[CUTOFF].to_numpy() if schema.cutoff else None,
        label=test[LABEL].to_numpy(dtype=float),
        by={name: rounded(task(schema.task).output, values) for name, values in by.items()},
    )


def to_frame(
    schema: FeatureSchema, predictions: Predictions, levels: Mapping[str, NDArray[Any]] | None = None
) -> pd.DataFrame:
    """Return key, cutoff if any, label, `<predictor>_<what>` and `segment_<column>`, in the order of the features file.

    `what` is a name of `columns`; `levels` are the levels of each segment, so that two models can be compared by
    segment without their features.
    """
    found = {schema.key: predictions.keys}
    if predictions.cutoffs is not None:
        found[CUTOFF] = predictions.cutoffs
    found[LABEL] = predictions.label
    for name, values in predictions.by.items():
        found |= {f"{name}_{what}": column for what, column in columns(predictions.kind.output, values).items()}
    found |= {f"{SEGMENT}{column}": values for column, values in (levels or {}).items()}
    return pd.DataFrame(found)


def columns(output: Output, values: Floats) -> dict[str, Floats]:
    """Return one predictor's values as columns, each (n,).

    The names are `probability` (of 1), `number`, or `probability_<index of the class>` for each class.
    """
    if values.ndim > 1:
        return {f"probability_{k}": values[:, k] for k in range(values.shape[1])}
    return {output: values}


def rounded(output: Output, values: Floats) -> Floats:
    """Return predictions without the digits that depend on the processor or the number of threads."""
    if output != "number":
        return np.round(values, DECIMALS) + 0.0  # -0.0 becomes 0.0
    magnitude = np.floor(np.log10(np.where(values == 0, 1.0, np.abs(values))))
    scale = 10.0 ** np.clip(DIGITS - 1 - magnitude, -300, 300)
    rounded: Floats = np.round(values * scale) / scale + 0.0
    return rounded
