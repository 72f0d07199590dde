"""Encoding, model and calibration as one ONNX graph."""

from pathlib import Path
from typing import Any

from lockstep.artifacts.schema import FeatureSchema
from lockstep.fitting import levels_onnx, words_onnx
from lockstep.fitting.calibration import Calibrator
from lockstep.learners.spec import LearnerSpec
from lockstep.tasks.registry import task

OPSET = {"": 18, "ai.onnx.ml": 3}


def export(
    pipeline: Any, learner: LearnerSpec, schema: FeatureSchema, calibrator: Calibrator | None, path: Path
) -> None:
    """Write a fitted pipeline; its inputs are `numbers` (n, p), `categories` (n, q) and `texts` (n, r), if any."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    levels_onnx.register()
    words_onnx.register()
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
