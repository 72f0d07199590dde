"""What each row adds to the loss that models are fitted to."""

import numpy as np

from lockstep.artifacts.predictions import MODEL, Predictions
from lockstep.statistics.weighted import Floats
from lockstep.tasks.metrics import LEAST


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
