"""Preprocessing and model as one ONNX graph."""

from pathlib import Path
from typing import Any

from lockstep.artifacts import vocabulary
from lockstep.artifacts.schema import FeatureSchema
from lockstep.learners import levels_onnx
from lockstep.learners.calibration import Calibrator

OPSET = {"": 18, "ai.onnx.ml": 3}


def export(pipeline: Any, schema: FeatureSchema, calibrator: Calibrator | None, path: Path) -> None:
    """Write a fitted pipeline; its inputs are `numbers` (n, p), `categories` (n, q) and `texts` (n, r), if any."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    _register(pipeline.steps[-1][1])
    kinds = {"numbers": FloatTensorType, "categories": StringTensorType, "texts": StringTensorType}
    widths = {name: len(getattr(schema, name)) for name in kinds}
    inputs = [(name, kinds[name]([None, width])) for name, width in widths.items() if width]
    estimator = pipeline.steps[-1][1]
    options = {id(estimator): {"zipmap": False}} if hasattr(estimator, "predict_proba") else None
    graph = convert_sklearn(pipeline, name="lockstep", initial_types=inputs, target_opset=OPSET, options=options)
    if calibrator:
        from lockstep.learners import calibration_onnx

        calibration_onnx.append(graph, calibrator)
    # The converter collects the operator sets in a set of texts, whose order changes with the hash seed.
    operators = sorted(graph.opset_import, key=lambda operator: operator.domain)
    del graph.opset_import[:]
    graph.opset_import.extend(operators)
    path.write_bytes(graph.SerializeToString(deterministic=True))


def _register(estimator: Any) -> None:
    """Teach skl2onnx levels and words, and the estimator where it does not know it well."""
    levels_onnx.register()
    vocabulary.register()
    if hasattr(estimator, "get_booster"):
        _register_xgboost()
    elif hasattr(estimator, "booster_"):
        from lockstep.learners import lightgbm_model

        lightgbm_model.register()
    elif type(estimator).__name__.startswith("HistGradientBoosting"):
        from lockstep.learners import histogram_onnx

        histogram_onnx.register()


def _register_xgboost() -> None:
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import (
        calculate_linear_classifier_output_shapes,
        calculate_linear_regressor_output_shapes,
    )
    from xgboost import XGBClassifier, XGBRegressor

    options = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
    update_registered_converter(
        XGBClassifier,
        "XGBoostXGBClassifier",
        calculate_linear_classifier_output_shapes,
        convert_xgboost,
        options=options,
    )
    update_registered_converter(
        XGBRegressor, "XGBoostXGBRegressor", calculate_linear_regressor_output_shapes, convert_xgboost
    )
