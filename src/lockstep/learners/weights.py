"""Weights of rows in a fit, and of the rows for early stopping: own weight times class weight."""

from collections.abc import Mapping

import numpy as np

from lockstep.core.spec import Scalar
from lockstep.learners.spec import CLASS_WEIGHT, Part, Vector


def row_weights(params: Mapping[str, Scalar], train: Part, part: Part) -> Vector | None:
    """Return the weight of each row of `part` in a fit on `train`, (n,) or None: own weight times class weight."""
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
    if params.get(CLASS_WEIGHT) != "balanced":
        return None
    counts = np.bincount(train.astype(int))
    present = np.count_nonzero(counts)
    weights = np.divide(len(train), present * counts, out=np.ones(len(counts)), where=counts > 0)
    known: Vector = weights[label.astype(int)]
    return known


def without_class_weight(params: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Return the parameters that are the learner's own."""
    return {name: value for name, value in params.items() if name != CLASS_WEIGHT}
