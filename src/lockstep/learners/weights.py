"""Weights of rows: of their own and by their class, for training rows and for those that early stopping looks at."""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pandas as pd

from lockstep.artifacts.schema import CUTOFF, WEIGHT, FeatureSchema
from lockstep.learners.learner import Part, Vector
from lockstep.params.models import Scalar

BALANCED = "balanced"
CLASS_WEIGHT = "class_weight"


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


def row_weights(params: Mapping[str, Scalar], train: Part, part: Part) -> Vector | None:
    """Return what each row of `part` counts in a fit on `train`, (n,) or None: its own weight times its class's."""
    by_class = class_weights(params, train.label, part.label)
    if by_class is None or part.weight is None:
        return part.weight if by_class is None else by_class
    return by_class * part.weight


def class_weights(params: Mapping[str, Scalar], train: Vector, label: Vector) -> Vector | None:
    """Return a weight for each row of `label` (n,), or None where all classes weigh the same.

    `class_weight: balanced` gives every class of `train` the same total weight (King and Zeng, 2001), scaled so that
    the mean weight of a training row is 1. Validation rows get the weights of the training rows' classes: early
    stopping then looks at the loss that is minimised.
    """
    if params.get(CLASS_WEIGHT) != BALANCED:
        return None
    counts = np.bincount(train.astype(int))
    present = np.count_nonzero(counts)
    weights = np.divide(len(train), present * counts, out=np.ones(len(counts)), where=counts > 0)
    known: Vector = weights[label.astype(int)]
    return known


def without_class_weight(params: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Return the parameters that are the learner's own."""
    return {name: value for name, value in params.items() if name != CLASS_WEIGHT}
