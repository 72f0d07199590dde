"""Thresholds of trees as ONNX holds them."""

import numpy as np
import numpy.typing as npt


def floor32(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return for each threshold `t` the largest float32 at or below it.

    Inputs are float32: `x <= t` says the same of it as of `t`, and ONNX has no wider thresholds.
    """
    with np.errstate(over="ignore"):
        near = values.astype(np.float32)
    lower = np.nextafter(near, np.float32(-np.inf))
    return np.where(near > values, lower, near).astype(np.float64)
