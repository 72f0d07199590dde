"""LightGBM, an extra: leaf-wise histogram trees, on rows that are binned once a fold."""

from collections.abc import Callable, Mapping
from os import cpu_count
from pathlib import Path
from typing import Any

import numpy as np

from lockstep.core.spec import Scalar
from lockstep.learners.spec import (
    BALANCED,
    CLASS_WEIGHT,
    COARSE_BINS,
    NUMBER,
    PROBABILITIES,
    Additive,
    Budget,
    Fitted,
    Fold,
    Hyperparameter,
    LearnerSpec,
    Matrix,
    Vector,
    predict,
    shares,
)
from lockstep.learners.weights import row_weights, without_class_weight
from lockstep.tasks.task import Output

OBJECTIVES: dict[Output, tuple[str, str]] = {
    "probability": ("binary", "binary_logloss"),
    "probabilities": ("multiclass", "multi_logloss"),
    "number": ("regression", "rmse"),
}
# Fits that share the data differ in min_child_samples: the pre-filter would use the value of the first.
FIXED = {"feature_pre_filter": False, "verbosity": -1, "deterministic": True, "force_row_wise": True}
SHARE = Hyperparameter(high=1.0)


class LightGBM(LearnerSpec):
    """Gradient boosting of LightGBM."""

    name = "lightgbm"
    outputs = PROBABILITIES | NUMBER
    hyperparameters = {
        "learning_rate": Hyperparameter(),
        "max_depth": Hyperparameter("int", -1),
        "num_leaves": Hyperparameter("int", 2),
        "min_child_samples": Hyperparameter("int"),
        "min_child_weight": Hyperparameter(),
        "subsample": SHARE,
        "colsample_bytree": SHARE,
        "reg_lambda": Hyperparameter(),
        "reg_alpha": Hyperparameter(),
        "min_split_gain": Hyperparameter(),
        CLASS_WEIGHT: BALANCED,
    }
    defaults = {
        "learning_rate": 0.1,
        "num_leaves": 31,
        "min_child_samples": 20,
        "subsample": 1.0,
        "colsample_bytree": 1.0,
        "reg_lambda": 0.0,
    }
    constraints = frozenset({"monotone", "interactions"})
    boosts = True
    libraries = ("lightgbm",)
    requires = ("lightgbm", "pip install 'lockstep[lightgbm]'")
    native = "model.txt"

    def convert(self, fold: Fold) -> Any:
        """Bin both parts by the quantiles of the training rows."""
        import lightgbm as lgb

        options = FIXED | ({"max_bin": COARSE_BINS} if fold.coarse else {}) | {"num_threads": fold.threads}
        train = lgb.Dataset(fold.train.matrix, fold.train.label, params=options, free_raw_data=False)
        valid = lgb.Dataset(
            fold.valid.matrix, fold.valid.label, reference=train, params=train.params, free_raw_data=False
        )
        train.construct()
        valid.construct()
        return train, valid

    def fit(self, fold: Fold, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:
        """Boost until the validation loss has not improved for `budget.patience` rounds."""
        import lightgbm as lgb

        from lockstep.learners.lightgbm_model import make_model

        objective, metric = OBJECTIVES[fold.output]
        train, valid = fold.data
        for data, part in ((train, fold.train), (valid, fold.valid)):
            # `set_weight(None)` would leave the weights of the fit before, which shares the fold.
            data.set_field("weight", row_weights(params, fold.train, part))
        history: dict[str, dict[str, list[float]]] = {}

        def watch(_: Any) -> None:
            budget.watch(history["valid"][metric])

        watch.order = 25  # type: ignore[attr-defined] # after the recording of losses, before early stopping
        booster = lgb.train(
            _options(fold, params, seed) | {"objective": objective, "metric": metric},
            train,
            budget.rounds,
            valid_sets=[*([] if fold.coarse else [train]), valid],
            valid_names=[*([] if fold.coarse else ["train"]), "valid"],
            callbacks=[lgb.record_evaluation(history), watch, lgb.early_stopping(budget.patience, verbose=False)],
        )
        # If boosting ends at the last round, the best round may be an earlier one.
        rounds = int(np.argmin(history["valid"][metric])) + 1
        model = make_model(booster.model_to_string(num_iteration=rounds), fold.output)
        return Fitted(
            estimator=model,
            valid_prediction=predict(model, fold.valid.matrix, fold.output),
            rounds=rounds,
            importance=shares(booster.feature_importance("gain", iteration=rounds)),
            history={part: losses[metric] for part, losses in history.items()},
        )

    def write(self, estimator: Any, path: Path) -> None:
        """Write LightGBM's text."""
        path.write_text(estimator.text, encoding="utf-8")

    def read(self, path: Path, output: Output) -> Any:
        """Return the estimator of a saved text."""
        from lockstep.learners.lightgbm_model import make_model

        return make_model(path.read_text(encoding="utf-8"), output)

    def register_onnx(self) -> None:
        """Register onnxmltools' converter."""
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm

        from lockstep.learners.lightgbm_model import LightGBMClassifierModel, LightGBMRegressorModel
        from lockstep.learners.onnx_converters import register

        convert = (convert_lightgbm, convert_lightgbm)
        register(LightGBMClassifierModel, LightGBMRegressorModel, "LockstepLightGBM", convert)

    def explain(self, estimator: Any, background: Callable[[], Matrix]) -> Additive:  # noqa: ARG002
        """Return LightGBM's own TreeSHAP."""
        return Additive(lambda matrix: _contributions(estimator, matrix))


def _options(fold: Fold, params: Mapping[str, Scalar], seed: int) -> dict[str, Any]:
    fixed: dict[str, Any] = {**FIXED, "num_threads": fold.threads, "seed": seed}
    if fold.coarse:
        fixed["max_bin"] = COARSE_BINS
    if fold.output == "probabilities":
        fixed["num_class"] = fold.classes
    if fold.constraints.monotone:
        # Its basic method lets a split forbid more than the constraint does.
        fixed |= {"monotone_constraints": fold.constraints.monotone, "monotone_constraints_method": "intermediate"}
    if fold.constraints.groups:
        fixed["interaction_constraints"] = [list(group) for group in fold.constraints.groups]
    # Without a frequency LightGBM ignores the share of rows.
    sampled = {"subsample_freq": 1} if "subsample" in params else {}
    return {**without_class_weight(params), **sampled, **fixed}


def _contributions(estimator: Any, matrix: Matrix) -> Vector:
    found = np.asarray(estimator.booster_.predict(matrix, pred_contrib=True, num_threads=cpu_count()), dtype=np.float64)
    width = matrix.shape[1] + 1
    return found if found.shape[1] == width else found.reshape(len(found), -1, width)  # the classes side by side


LEARNER = LightGBM()
