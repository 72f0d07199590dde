"""A fitted LightGBM model: as text on disk, as an estimator in memory."""

import re
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from lockstep.learners.spec import floor32
from lockstep.tasks.task import Output

DEFAULT_LEFT, NAN_IS_MISSING, MISSING_KIND = 2, 8, 12  # bits of decision_type in LightGBM's text


class LightGBMModel(BaseEstimator):  # type: ignore[misc]
    """The interface that scikit-learn's pipelines and the ONNX converter need."""

    boosting_type = "gbdt"

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.booster_: Any = None

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether there is a fitted booster; scikit-learn calls it."""
        return self.booster_ is not None


class LightGBMClassifierModel(ClassifierMixin, LightGBMModel):  # type: ignore[misc]
    """Probabilities of classes 0 to k - 1."""

    classes_: np.ndarray

    def predict_proba(self, matrix: np.ndarray) -> np.ndarray:
        """Return (n, k) probabilities."""
        found = np.asarray(self.booster_.predict(matrix, num_threads=1))
        return np.column_stack([1 - found, found]) if found.ndim == 1 else found

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Return the likeliest class of each row."""
        likeliest: np.ndarray = self.classes_[self.predict_proba(matrix).argmax(axis=1)]
        return likeliest


class LightGBMRegressorModel(RegressorMixin, LightGBMModel):  # type: ignore[misc]
    """Numbers."""

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Return (n,) numbers."""
        return np.asarray(self.booster_.predict(matrix, num_threads=1))


def make_model(text: str, output: Output) -> LightGBMModel:
    """Return the estimator of a model in LightGBM's text form."""
    import lightgbm

    exact = _exact(text)
    model = LightGBMRegressorModel(exact) if output == "number" else LightGBMClassifierModel(exact)
    model.booster_ = lightgbm.Booster(model_str=exact)
    if isinstance(model, LightGBMClassifierModel):
        model.classes_ = np.arange(max(2, model.booster_.num_model_per_iteration()))
    return model


def _exact(text: str) -> str:
    """Return the same model in a form that ONNX represents exactly and that does not depend on the machine.

    - Parameters are removed: the number of threads is one of them.
    - Thresholds become the largest float32 at or below them: inputs are float32, ONNX has no other.
    - A missing value of a feature without gaps in training goes where 0 goes; ONNX needs that at each node.
    """
    text = re.sub(r"\nparameters:.*?end of parameters\n", "\n", text, flags=re.DOTALL)
    header, *trees = text.split("\nTree=")
    # The header holds each tree's length in bytes, which changes; LightGBM then reads from tree to tree.
    header = re.sub(r"^tree_sizes=.*\n", "", header, flags=re.MULTILINE)
    return "\nTree=".join([header, *map(_exact_tree, trees)])


def _exact_tree(text: str) -> str:
    found = {name: re.search(rf"^{name}=(.*)$", text, re.MULTILINE) for name in ("threshold", "decision_type")}
    if not all(match and match[1].strip() for match in found.values()):
        return text  # a tree of one leaf
    numbers = {name: np.array(match[1].split(), float) for name, match in found.items() if match}
    thresholds, decisions = floor32(numbers["threshold"]), numbers["decision_type"].astype(int)
    left = np.where(thresholds >= 0, DEFAULT_LEFT, 0)
    decisions = np.where(decisions & MISSING_KIND == 0, NAN_IS_MISSING | left, decisions)
    text = re.sub(r"^threshold=.*$", "threshold=" + " ".join(map(repr, thresholds.tolist())), text, flags=re.MULTILINE)
    return re.sub(r"^decision_type=.*$", "decision_type=" + " ".join(map(str, decisions)), text, flags=re.MULTILINE)
