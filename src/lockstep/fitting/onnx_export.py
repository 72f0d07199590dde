"""Encoding, model and calibration as one ONNX graph."""

from pathlib import Path
from typing import Any

from lockstep.artifacts.inputs import MISSING
from lockstep.artifacts.schema import FeatureSchema
from lockstep.fitting.calibration import Calibrator
from lockstep.fitting.levels import Levels
from lockstep.fitting.words import Words
from lockstep.learners.spec import LearnerSpec
from lockstep.tasks.registry import task

OPSET = {"": 18, "ai.onnx.ml": 3}


def export(
    pipeline: Any, learner: LearnerSpec, schema: FeatureSchema, calibrator: Calibrator | None, path: Path
) -> None:
    """Write a fitted pipeline; its inputs are `numbers` (n, p), `categories` (n, q) and `texts` (n, r), if any."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    _register_levels()
    _register_words()
    learner.register_onnx()
    kinds = {"numbers": FloatTensorType, "categories": StringTensorType, "texts": StringTensorType}
    widths = {name: len(getattr(schema, name)) for name in kinds}
    inputs = [(name, kinds[name]([None, width])) for name, width in widths.items() if width]
    estimator = pipeline.steps[-1][1]
    options = {id(estimator): {"zipmap": False}} if task(schema.task).output != "number" else None
    graph = convert_sklearn(pipeline, name="lockstep", initial_types=inputs, target_opset=OPSET, options=options)
    if calibrator:
        from lockstep.fitting import calibration_onnx

        calibration_onnx.append(graph, calibrator)
    # The converter collects the operator sets in a set of texts, whose order changes with the hash seed.
    operators = sorted(graph.opset_import, key=lambda operator: operator.domain)
    del graph.opset_import[:]
    graph.opset_import.extend(operators)
    path.write_bytes(graph.SerializeToString(deterministic=True))


def _register_levels() -> None:
    """Register the converter of `Levels` with skl2onnx: for each column a table from level to level."""
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
    container.add_node(kind, inputs, output, op_domain="ai.onnx.ml", name=name, **attributes)


def _register_words() -> None:
    """Register `Words` with skl2onnx, which converts it like any TF-IDF."""
    from skl2onnx import update_registered_converter
    from skl2onnx.operator_converters.tfidf_vectoriser import convert_sklearn_tfidf_vectoriser
    from skl2onnx.shape_calculators.text_vectorizer import calculate_sklearn_text_vectorizer_output_shapes

    options = {
        "tokenexp": None,
        "separators": None,
        "nan": [True, False],
        "keep_empty_string": [True, False],
        "locale": None,
    }
    update_registered_converter(
        Words,
        "LockstepWords",
        calculate_sklearn_text_vectorizer_output_shapes,
        convert_sklearn_tfidf_vectoriser,
        options=options,
    )
