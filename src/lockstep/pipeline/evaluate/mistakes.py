"""Error analysis: the test rows with the largest loss, and the features that contributed most to the prediction."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lockstep.artifacts.evaluation import Mistake
from lockstep.artifacts.predictions import Predictions
from lockstep.core.errors import shorten
from lockstep.pipeline.evaluate.contributions import Contributions

SHOWN = 20
REASONS = 3
DIGITS = 6
VALUE_WIDTH = 60  # characters of a text


def worst(predictions: Predictions) -> NDArray[np.intp]:
    """Return the rows with the largest loss, the largest first; ties in the order of rows."""
    loss = np.round(predictions.loss(), DIGITS)
    return np.argsort(-loss, kind="stable")[:SHOWN]


def describe(
    predictions: Predictions,
    rows: NDArray[np.intp],
    test: pd.DataFrame,
    found: Contributions | None,
    classes: Sequence[str] | None,
) -> tuple[Mistake, ...]:
    """Return these rows with prediction and largest contributions.

    Args:
        predictions: of the test split.
        rows: of `worst`.
        test: the test split.
        found: contributions to the predictions of `rows`, in their order; None if the model has none.
        classes: names of the classes, if there are three or more.
    """
    loss = predictions.loss()
    return tuple(
        Mistake(
            key=str(predictions.keys[row]),
            cutoff=None if predictions.cutoffs is None else str(pd.Timestamp(predictions.cutoffs[row])),
            label=_label(predictions, row, classes),
            predicted=_predicted(predictions, row, classes),
            loss=float(loss[row]),
            because=_reasons(found, number, test.iloc[row]),
        )
        for number, row in enumerate(rows)
    )


def _label(predictions: Predictions, row: int, classes: Sequence[str] | None) -> str:
    value = float(predictions.label[row])
    return classes[int(value)] if classes else f"{value:.{DIGITS}g}"


def _predicted(predictions: Predictions, row: int, classes: Sequence[str] | None) -> str:
    values = predictions.model[row]
    if not classes:
        return f"{float(values):.{DIGITS}g}"
    chosen = int(np.argmax(values))
    return f"{classes[chosen]} ({values[chosen]:.3f})"


def _reasons(found: Contributions | None, number: int, row: pd.Series) -> tuple[str, ...]:
    if found is None:
        return ()
    return tuple(f"{name} = {_value(row[name])} ({moved:+.2f})" for name, moved in found.largest(number, REASONS))


def _value(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return "missing"
    return f"{value:.{DIGITS}g}" if isinstance(value, int | float) else shorten(value, VALUE_WIDTH)
