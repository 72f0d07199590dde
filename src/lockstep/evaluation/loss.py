"""What each row adds to the loss that models are fitted to."""

import numpy as np

from lockstep.evaluation.metrics import LEAST
from lockstep.evaluation.predictions import MODEL, Predictions
from lockstep.evaluation.statistics import Floats


def row_loss(predictions: Predictions, name: str = MODEL) -> Floats:
    """Return the log loss of each row, or its squared error where a number is predicted, (n,)."""
    values, label = predictions.by[name], predictions.label
    if predictions.task == "regression":
        return np.asarray((label - values) ** 2)
    chance = (
        values[np.arange(len(label)), label.astype(int)]
        if values.ndim > 1
        else np.where(label == 1, values, 1 - values)
    )
    return np.asarray(-np.log(np.clip(chance, LEAST, 1.0)))
