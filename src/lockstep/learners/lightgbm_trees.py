"""LightGBM, an extra: leaf-wise trees on rows that are binned once per fold."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import cpu_count
from typing import Any

import numpy as np

from lockstep.artifacts.preprocess import Numbers
from lockstep.core.errors import LockstepError
from lockstep.learners.learner import COARSE_BINS, FREE, SMALL, Budget, Constraints, Fitted, Part, predict, shares
from lockstep.learners.lightgbm_model import make_model
from lockstep.learners.weights import row_weights, without_class_weight
from lockstep.params.models import Scalar
from lockstep.params.problem import Task

OBJECTIVES: dict[Task, tuple[str, str]] = {
    "binary": ("binary", "binary_logloss"),
    "multiclass": ("multiclass", "multi_logloss"),
    "regression": ("regression", "rmse"),
}


@dataclass(frozen=True)
class Fold:
    """Training and validation rows in the bins of the training rows."""

    train: Any
    valid: Any
    rows: Part
    other: Part
    task: Task
    threads: int
    constraints: Constraints
    coarse: bool


class LightGBM:
    """Leaf-wise histogram trees."""

    numbers: Numbers = "native"
    defaults: Mapping[str, Scalar] = {
        "learning_rate": 0.1,
        "num_leaves": 31,
        "min_child_samples": 20,
        "subsample": 1.0,
        "colsample_bytree": 1.0,
        "reg_lambda": 0.0,
    }

    def prepare(
        self, train: Part, valid: Part, task: Task, *, constraints: Constraints = FREE, coarse: bool = False
    ) -> Fold:
        """Bin both parts by the quantiles of the training rows."""
        lgb = library()
        # Trials differ in min_child_samples: no feature may be left out for the first one's value.
        options: dict[str, Scalar] = {
            "feature_pre_filter": False,
            "verbosity": -1,
            "deterministic": True,
            "force_row_wise": True,
        }
        options |= {"max_bin": COARSE_BINS} if coarse else {}
        threads = 1 if train.matrix.size < SMALL else cpu_count() or 1
        rows = lgb.Dataset(train.matrix, train.label, params={**options, "num_threads": threads}, free_raw_data=False)
        other = lgb.Dataset(valid.matrix, valid.label, reference=rows, params=rows.params, free_raw_data=False)
        rows.construct()
        other.construct()
        return Fold(rows, other, train, valid, task, threads, constraints, coarse)

    def fit(self, fold: Fold, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:
        """Boost until the validation loss has not improved for `budget.patience` rounds."""
        lgb = library()
        objective, metric = OBJECTIVES[fold.task]
        for data, part in ((fold.train, fold.rows), (fold.valid, fold.other)):
            # `set_weight(None)` would leave the weights of the fit before, which a fold is shared with.
            data.set_field("weight", row_weights(params, fold.rows, part))
        history: dict[str, dict[str, list[float]]] = {}

        def watch(_: Any) -> None:
            budget.watch(history["valid"][metric])

        watch.order = 25  # type: ignore[attr-defined] # after the recording of losses, before early stopping
        booster = lgb.train(
            _options(fold, params, seed) | {"objective": objective, "metric": metric},
            fold.train,
            budget.rounds,
            valid_sets=[*([] if fold.coarse else [fold.train]), fold.valid],
            valid_names=[*([] if fold.coarse else ["train"]), "valid"],
            callbacks=[lgb.record_evaluation(history), watch, lgb.early_stopping(budget.patience, verbose=False)],
        )
        # When boosting ends at the last round, its best one may lie before.
        rounds = int(np.argmin(history["valid"][metric])) + 1
        model = make_model(booster.model_to_string(num_iteration=rounds), fold.task)
        return Fitted(
            estimator=model,
            valid_prediction=predict(model, fold.other.matrix, fold.task),
            rounds=rounds,
            importance=shares(booster.feature_importance("gain", iteration=rounds)),
            history={part: losses[metric] for part, losses in history.items()},
        )


def library() -> Any:
    """Return the module `lightgbm`.

    Raises:
        LockstepError: it is not installed.
    """
    try:
        import lightgbm
    except ImportError as error:
        raise LockstepError(
            "params.yaml: lightgbm is searched or trained, and is not installed", ["pip install 'lockstep[lightgbm]'"]
        ) from error
    return lightgbm


def _options(fold: Fold, params: Mapping[str, Scalar], seed: int) -> dict[str, Any]:
    fixed: dict[str, Any] = {
        "verbosity": -1,
        "deterministic": True,
        "force_row_wise": True,
        "feature_pre_filter": False,
        "num_threads": fold.threads,
        "seed": seed,
    }
    if fold.coarse:
        fixed["max_bin"] = COARSE_BINS
    if fold.task == "multiclass":
        fixed["num_class"] = int(fold.rows.label.max()) + 1
    if fold.constraints.monotone:
        # Its basic method lets a split forbid more than the constraint does.
        fixed |= {"monotone_constraints": fold.constraints.monotone, "monotone_constraints_method": "intermediate"}
    if fold.constraints.groups:
        fixed["interaction_constraints"] = [list(group) for group in fold.constraints.groups]
    # Without a frequency LightGBM ignores the share of rows.
    sampled = {"subsample_freq": 1} if "subsample" in params else {}
    return {**without_class_weight(params), **sampled, **fixed}
