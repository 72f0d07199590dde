"""Registers converters with skl2onnx, for classes that it does not know or does not convert well."""

from collections.abc import Callable
from typing import Any

import numpy as np

Convert = Callable[[Any, Any, Any], None]


def register(classifier: type, regressor: type, name: str, convert: tuple[Convert, Convert], **options: Any) -> None:
    """Register the converters of a classifier and a regressor.

    Args:
        classifier: its class.
        regressor: its class.
        name: prefix of their names in skl2onnx.
        convert: of the classifier and of the regressor.
        options: additional options of the classifier.
    """
    from skl2onnx import update_registered_converter
    from skl2onnx.common import shape_calculator as shapes

    options = {"nocl": [True, False], "zipmap": [True, False, "columns"], **options}
    outputs = shapes.calculate_linear_classifier_output_shapes
    update_registered_converter(classifier, f"{name}Classifier", outputs, convert[0], options=options)
    outputs = shapes.calculate_linear_regressor_output_shapes
    update_registered_converter(regressor, f"{name}Regressor", outputs, convert[1])


def plain_numbers(convert: Convert) -> Convert:
    """Return a converter whose nodes have Python's own numbers as attributes.

    skl2onnx 1.20 passes NumPy's small integers to onnx 1.20, which infers no attribute type from them.
    """
    return lambda scope, operator, container: convert(scope, operator, _PlainNumbers(container))


class _PlainNumbers:
    """A container of ONNX nodes that takes lists of NumPy's numbers and booleans."""

    def __init__(self, container: Any) -> None:
        self._container = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, *place: Any, **attributes: Any) -> Any:
        """Add a node whose attributes are Python's own numbers and texts."""
        return self._container.add_node(*place, **{name: _plain(value) for name, value in attributes.items()})


def _plain(value: Any) -> Any:
    if not isinstance(value, list) or not value or not isinstance(value[0], bool | np.bool_ | np.number | int | float):
        return value
    numbers = np.array(value)
    return (numbers.astype(int) if numbers.dtype == bool else numbers).tolist()
