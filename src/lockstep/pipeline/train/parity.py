"""The proof that the exported graph is the model: on the test rows, and on rows that are made to tell them apart."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from lockstep.artifacts import preprocess
from lockstep.artifacts.bundle import GRAPH
from lockstep.artifacts.onnx_file import open_session, run
from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError
from lockstep.learners import calibration, native
from lockstep.learners.learner import predict

PARITY = 1e-5
"""Largest difference allowed between native and exported predictions; of numbers, as a share of the largest one."""


def parity(directory: Path, sets: Mapping[str, pd.DataFrame], schema: FeatureSchema) -> float:
    """Return the largest difference between the predictions of the native files and of the graph.

    Both are read back from `directory`, so that what is compared is what was written.

    Args:
        directory: of the model.
        sets: what rows are called -> the rows.
        schema: of the features.

    Raises:
        LockstepError: it is larger than `PARITY`, or one of them predicts what is no number.
    """
    pipeline, session = native.read(directory, schema.task), open_session(directory / GRAPH)
    calibrator, gaps = calibration.read(directory), {}
    for name, frame in sets.items():
        inputs = preprocess.to_inputs(frame, schema)
        matrix = pipeline.named_steps["preprocess"].transform(inputs).astype(np.float32)
        expected = predict(pipeline.named_steps["model"], matrix, schema.task)
        expected = calibrator.apply(expected) if calibrator else expected
        found = run(session, inputs, schema).astype(np.float64)
        found = found if schema.task == "multiclass" else found.reshape(len(frame), -1)[:, -1]
        # Both add float32: a sum that passes large values is off by their rounding, however small it ends.
        scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
        gaps[name] = float(np.abs(found - expected).max(initial=0.0)) / scale
    wide = [f"{name}: up to {gap:.2g}" for name, gap in gaps.items() if not gap <= PARITY]
    if wide:
        raise LockstepError(f"{GRAPH}: differs from the native model; expected at most {PARITY:g}", wide)
    return max(gaps.values(), default=0.0)
