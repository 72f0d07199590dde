"""The native files of a model: XGBoost as UBJSON, LightGBM as its text, the rest by skops."""

from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

from lockstep.artifacts.bundle import BOOSTER, ESTIMATOR, PREPROCESS, TREES
from lockstep.learners.skops_file import load, save
from lockstep.params.problem import Task


def write(directory: Path, preprocess: Any, estimator: Any) -> None:
    """Write both parts of a fitted pipeline."""
    save(preprocess, directory / PREPROCESS)
    if hasattr(estimator, "get_booster"):
        (directory / BOOSTER).write_bytes(estimator.get_booster().save_raw("ubj"))
    elif hasattr(estimator, "booster_"):
        (directory / TREES).write_text(estimator.text, encoding="utf-8")
    else:
        save(estimator, directory / ESTIMATOR)


def read(directory: Path, task: Task) -> Pipeline:
    """Return the fitted pipeline; check the digests first (`Model.load` does)."""
    if (directory / BOOSTER).exists():
        from lockstep.learners.boosting import wrap

        estimator = wrap(bytearray((directory / BOOSTER).read_bytes()), task)
    elif (directory / TREES).exists():
        from lockstep.learners.lightgbm_model import make_model

        estimator = make_model((directory / TREES).read_text(encoding="utf-8"), task)
    else:
        estimator = load(directory / ESTIMATOR)
    return Pipeline([("preprocess", load(directory / PREPROCESS)), ("model", estimator)])
