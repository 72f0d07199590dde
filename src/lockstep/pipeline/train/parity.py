"""Compares the exported graph with the native model, on the test rows and on adversarial rows."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from lockstep.artifacts.bundle import GRAPH
from lockstep.artifacts.inputs import to_inputs
from lockstep.artifacts.onnx_file import open_session, run
from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError
from lockstep.fitting import calibration, native
from lockstep.learners.spec import LearnerSpec, predict
from lockstep.tasks.registry import task

PARITY = 1e-5
"""Largest difference allowed between native and exported predictions; of numbers, as a share of the largest one."""


def parity(directory: Path, learner: LearnerSpec, sets: Mapping[str, pd.DataFrame], schema: FeatureSchema) -> float:
    """Return the largest difference between the predictions of the native files and of the graph.

    Both are read back from `directory`, so that the written files are compared.

    Args:
        directory: of the model.
        learner: that fitted it.
        sets: name of a set of rows -> the rows.
        schema: of the features.

    Raises:
        LockstepError: the difference is larger than `PARITY`, or one of them predicts NaN.
    """
    output = task(schema.task).output
    pipeline, session = native.read(directory, learner, output), open_session(directory / GRAPH)
    calibrator, gaps = calibration.read(directory), {}
    for name, frame in sets.items():
        inputs = to_inputs(frame, schema)
        matrix = pipeline.named_steps["preprocess"].transform(inputs).astype(np.float32)
        expected = predict(pipeline.named_steps["model"], matrix, output)
        expected = calibrator.apply(expected) if calibrator else expected
        found = run(session, inputs, schema).astype(np.float64)
        found = found if output == "probabilities" else found.reshape(len(frame), -1)[:, -1]
        # Both add float32: large intermediate sums leave their rounding error in a small result.
        scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
        gaps[name] = float(np.abs(found - expected).max(initial=0.0)) / scale
    wide = [f"{name}: up to {gap:.2g}" for name, gap in gaps.items() if not gap <= PARITY]
    if wide:
        raise LockstepError(f"{GRAPH}: differs from the native model; expected at most {PARITY:g}", wide)
    return max(gaps.values(), default=0.0)
