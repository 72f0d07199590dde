"""Calibration as the last nodes of a model's graph, in float64, so that no difference in float32 is lost."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from lockstep.fitting.calibration import NEAREST, Calibrator, Line, Sigmoid

OUTPUT = "calibrated"


def append(model: Any, calibrator: Calibrator) -> None:
    """Make the calibrated probabilities, (n, k) float32, the only output of a classifier's graph."""
    nodes = _Nodes(model.graph)
    probabilities = nodes.add("Cast", [model.graph.output[-1].name], to=TensorProto.DOUBLE)
    binary = len(calibrator.curves) == 1
    places = [1] if binary else range(len(calibrator.curves))
    calibrated = [
        _curve(nodes, nodes.add("Gather", [probabilities, nodes.constant([place], np.int64)], axis=1), curve)
        for place, curve in zip(places, calibrator.curves, strict=True)
    ]
    if binary:
        calibrated = [nodes.add("Sub", [nodes.constant(1.0), calibrated[0]]), calibrated[0]]
    joined = nodes.add("Concat", calibrated, axis=1)
    if not binary:
        joined = nodes.add("Div", [joined, nodes.add("ReduceSum", [joined, nodes.constant([1], np.int64)], keepdims=1)])
    model.graph.node.append(helper.make_node("Cast", [joined], [OUTPUT], name=OUTPUT, to=TensorProto.FLOAT))
    del model.graph.output[:]
    shape = [None, max(2, len(calibrator.curves))]
    model.graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, shape))
    onnx.checker.check_model(model)


class _Nodes:
    """Adds nodes and constants to a graph under unique names, and returns the names."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self._names: Iterator[str] = (f"{OUTPUT}_{number}" for number in range(1 << 31))

    def add(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        name = next(self._names)
        self._graph.node.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, value: Any, dtype: npt.DTypeLike = np.float64) -> str:
        name = next(self._names)
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name


def _curve(nodes: _Nodes, probability: str, curve: Sigmoid | Line) -> str:
    return _sigmoid(nodes, probability, curve) if isinstance(curve, Sigmoid) else _line(nodes, probability, curve)


def _sigmoid(nodes: _Nodes, probability: str, curve: Sigmoid) -> str:
    inside = nodes.add("Max", [probability, nodes.constant(NEAREST)])
    inside = nodes.add("Min", [inside, nodes.constant(1 - NEAREST)])
    against = nodes.add("Log", [nodes.add("Sub", [nodes.constant(1.0), inside])])
    log_odds = nodes.add("Sub", [nodes.add("Log", [inside]), against])
    stretched = nodes.add("Mul", [log_odds, nodes.constant(curve.slope)])
    return nodes.add("Sigmoid", [nodes.add("Add", [stretched, nodes.constant(curve.shift)])])


def _line(nodes: _Nodes, probability: str, curve: Line) -> str:
    """Add up the length of each piece of the line below the probability, times its slope."""
    x, y = np.array(curve.x), np.array(curve.y)
    if len(x) == 1:
        return nodes.add("Add", [nodes.add("Mul", [probability, nodes.constant(0.0)]), nodes.constant(y[0])])
    within = nodes.add("Min", [nodes.add("Max", [probability, nodes.constant(x[:-1])]), nodes.constant(x[1:])])
    along = nodes.add("Sub", [within, nodes.constant(x[:-1])])
    slopes = np.diff(y) / np.diff(x)
    return nodes.add("Add", [nodes.add("MatMul", [along, nodes.constant(slopes.reshape(-1, 1))]), nodes.constant(y[0])])
