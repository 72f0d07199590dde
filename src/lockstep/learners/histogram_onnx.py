"""scikit-learn's histogram gradient boosting as ONNX.

skl2onnx 1.20 hands NumPy's small integers to onnx 1.20, which infers no attribute type from them.
"""

from typing import Any

import numpy as np


class _PlainNumbers:
    """A container of ONNX nodes that takes lists of NumPy's numbers and of truth values."""

    def __init__(self, container: Any) -> None:
        self._container = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, *place: Any, **attributes: Any) -> Any:
        """Add a node whose attributes are Python's own numbers and texts."""
        return self._container.add_node(*place, **{name: _plain(value) for name, value in attributes.items()})


def register() -> None:
    """Teach skl2onnx these estimators."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import (
        calculate_linear_classifier_output_shapes,
        calculate_linear_regressor_output_shapes,
    )
    from skl2onnx.operator_converters.random_forest import (
        convert_sklearn_random_forest_classifier,
        convert_sklearn_random_forest_regressor_converter,
    )
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    def classifier(scope: Any, operator: Any, container: Any) -> None:
        convert_sklearn_random_forest_classifier(scope, operator, _PlainNumbers(container))

    def regressor(scope: Any, operator: Any, container: Any) -> None:
        convert_sklearn_random_forest_regressor_converter(scope, operator, _PlainNumbers(container))

    update_registered_converter(
        HistGradientBoostingClassifier,
        "LockstepHistGradientBoostingClassifier",
        calculate_linear_classifier_output_shapes,
        classifier,
        options={"nocl": [True, False], "zipmap": [True, False, "columns"], "raw_scores": [True, False]},
    )
    update_registered_converter(
        HistGradientBoostingRegressor,
        "LockstepHistGradientBoostingRegressor",
        calculate_linear_regressor_output_shapes,
        regressor,
    )


def _plain(value: Any) -> Any:
    if not isinstance(value, list) or not value or not isinstance(value[0], bool | np.bool_ | np.number | int | float):
        return value
    numbers = np.array(value)
    return (numbers.astype(int) if numbers.dtype == bool else numbers).tolist()
