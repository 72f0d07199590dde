"""Weights that the rows of a feature file bring along: `problem.weight`, and the age of their cutoff."""

from datetime import timedelta

import numpy as np
import pandas as pd

from lockstep.artifacts.schema import CUTOFF, WEIGHT, FeatureSchema
from lockstep.learners.spec import Vector


def own_weights(frame: pd.DataFrame, schema: FeatureSchema, half_life: timedelta | None = None) -> Vector | None:
    """Return what each row of a frame counts, (n,) with a mean of 1; None where all count the same.

    Args:
        frame: rows with a label.
        schema: says whether they have a weight.
        half_life: a row counts half as much as one whose cutoff is so much later; None for no such thing.
    """
    weights = frame[WEIGHT].to_numpy(np.float64) if schema.weighted else None
    if half_life is not None:
        age = (frame[CUTOFF].max() - frame[CUTOFF]) / half_life
        recent = 0.5 ** age.to_numpy(np.float64)
        weights = recent if weights is None else weights * recent
    return None if weights is None else weights / weights.mean()
