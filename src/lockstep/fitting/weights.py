"""Weights of the rows of a feature file: from `problem.weight` and from the age of the cutoff."""

from datetime import timedelta

import numpy as np
import pandas as pd

from lockstep.artifacts.schema import CUTOFF, WEIGHT, FeatureSchema
from lockstep.learners.spec import Vector


def own_weights(frame: pd.DataFrame, schema: FeatureSchema, half_life: timedelta | None = None) -> Vector | None:
    """Return the weight of each row, (n,) with a mean of 1; None if all weights are equal.

    Args:
        frame: rows with a label.
        schema: of the frame.
        half_life: age at which a row counts half as much as a new one; None: age does not matter.
    """
    weights = frame[WEIGHT].to_numpy(np.float64) if schema.weighted else None
    if half_life is not None:
        age = (frame[CUTOFF].max() - frame[CUTOFF]) / half_life
        recent = 0.5 ** age.to_numpy(np.float64)
        weights = recent if weights is None else weights * recent
    return None if weights is None else weights / weights.mean()
