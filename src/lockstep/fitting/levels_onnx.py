"""`Levels` as ONNX: for each column a table from level to level."""

from typing import Any

from lockstep.artifacts.inputs import MISSING
from lockstep.fitting.levels import Levels

TEXTS = "ai.onnx.ml"


def register() -> None:
    """Register the converter of `Levels` with skl2onnx."""
    from skl2onnx import update_registered_converter

    update_registered_converter(Levels, "LockstepLevels", _shape, _convert)


def _shape(operator: Any) -> None:
    from skl2onnx.common.data_types import StringTensorType

    rows = operator.inputs[0].get_first_dimension()
    operator.outputs[0].type = StringTensorType([rows, len(operator.raw_operator.known_)])


def _convert(scope: Any, operator: Any, container: Any) -> None:
    from onnx import TensorProto

    fitted, mapped = operator.raw_operator, []
    for place, (known, kept) in enumerate(zip(fitted.known_, fitted.kept_, strict=True)):
        index, column, out = (scope.get_unique_variable_name(name) for name in ("place", "column", "level"))
        container.add_initializer(index, TensorProto.INT64, [1], [place])
        _add(scope, container, "ArrayFeatureExtractor", [operator.inputs[0].full_name, index], column)
        table = {"keys_strings": list(known), "values_strings": list(kept), "default_string": MISSING}
        _add(scope, container, "LabelEncoder", [column], out, op_version=2, **table)
        mapped.append(out)
    name = scope.get_unique_operator_name("levels")
    container.add_node("Concat", mapped, operator.outputs[0].full_name, name=name, op_version=13, axis=1)


def _add(scope: Any, container: Any, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
    name = scope.get_unique_operator_name(kind)
    container.add_node(kind, inputs, output, op_domain=TEXTS, name=name, **attributes)
