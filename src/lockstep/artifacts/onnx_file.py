"""The ONNX graph of preprocessing and model, and how it is run."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pandas as pd

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError

BATCH = 100_000  # rows a call: memory does not grow with the table


def open_session(path: Path) -> ort.InferenceSession:
    """Return a session on one thread: sums over trees then have one order.

    Raises:
        LockstepError: the file is not an ONNX graph.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise LockstepError(f"{path}: not a model that ONNX Runtime can read", [str(error)]) from error


def run(session: ort.InferenceSession, inputs: pd.DataFrame, schema: FeatureSchema) -> np.ndarray:
    """Return the last output, (n, k) probabilities or (n, 1) numbers, for `inputs.to_inputs` rows."""
    wanted = {node.name for node in session.get_inputs()}
    columns = {"numbers": schema.numbers, "categories": schema.categories, "texts": schema.texts}
    parts = []
    for start in range(0, max(len(inputs), 1), BATCH):
        rows = inputs.iloc[start : start + BATCH]
        feeds = {
            name: rows[list(columns[name])].to_numpy(np.float32 if name == "numbers" else object) for name in wanted
        }
        parts.append(session.run(None, feeds)[-1])
    return np.concatenate(parts)
