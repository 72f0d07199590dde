"""The native files of a model: the encoding by skops, the estimator as its learner writes it."""

from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

from lockstep.learners import skops_file
from lockstep.learners.spec import LearnerSpec
from lockstep.tasks.task import Output

ENCODING = "preprocess.skops"


def write(directory: Path, transformer: Any, learner: LearnerSpec, estimator: Any) -> None:
    """Write both parts of a fitted pipeline."""
    skops_file.save(transformer, directory / ENCODING)
    learner.write(estimator, directory / learner.native)


def read(directory: Path, learner: LearnerSpec, output: Output) -> Pipeline:
    """Return the fitted pipeline, with the steps `preprocess` and `model`; check the digests first."""
    steps = skops_file.load(directory / ENCODING), learner.read(directory / learner.native, output)
    return Pipeline(list(zip(("preprocess", "model"), steps, strict=True)))
