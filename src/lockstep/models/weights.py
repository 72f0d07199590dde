"""Weights of rows by their class, for training rows and for those that early stopping looks at."""

from collections.abc import Mapping

import numpy as np

from lockstep.models.learner import Vector
from lockstep.params.models import Scalar

BALANCED = "balanced"
CLASS_WEIGHT = "class_weight"


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
