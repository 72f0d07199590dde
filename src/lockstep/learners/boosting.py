"""XGBoost with early stopping on rows that are binned once per fold."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from os import cpu_count
from typing import Any

import numpy as np
import xgboost as xgb

from lockstep.artifacts.preprocess import Numbers
from lockstep.learners.learner import (
    COARSE_BINS,
    FREE,
    SMALL,
    Budget,
    Constraints,
    Fitted,
    Part,
    Vector,
    Watch,
    shares,
)
from lockstep.learners.weights import row_weights, without_class_weight
from lockstep.params.models import Scalar
from lockstep.params.problem import Task

OBJECTIVES: dict[Task, tuple[str, str]] = {
    "binary": ("binary:logistic", "logloss"),
    "multiclass": ("multi:softprob", "mlogloss"),
    "regression": ("reg:squarederror", "rmse"),
}


BINS = 256
"""Bins of a column, as XGBoost has it."""

LOOK = 5
"""Rounds between two looks of a search at the validation rows: on few rows, a look takes as long as a round."""


@dataclass(frozen=True)
class Fold:
    """Training and validation rows in the bins of the training rows."""

    train: xgb.QuantileDMatrix
    valid: xgb.DMatrix
    task: Task
    classes: int
    width: int
    threads: int
    parts: tuple[Part, Part]
    """What was binned."""
    constraints: Constraints
    coarse: bool


class XGBoost:
    """Histogram trees: the same bytes whatever the thread count."""

    numbers: Numbers = "native"
    defaults: Mapping[str, Scalar] = {
        "learning_rate": 0.1,
        "max_depth": 6,
        "min_child_weight": 1.0,
        "subsample": 1.0,
        "colsample_bytree": 1.0,
        "reg_lambda": 1.0,
    }

    def prepare(
        self, train: Part, valid: Part, task: Task, *, constraints: Constraints = FREE, coarse: bool = False
    ) -> Fold:
        """Bin both parts by the quantiles of the training rows."""
        threads = 1 if train.matrix.size < SMALL else cpu_count() or 1
        options = {"nthread": threads, "max_bin": COARSE_BINS if coarse else BINS}
        binned = xgb.QuantileDMatrix(train.matrix, train.label, **options)
        classes, width = int(train.label.max()) + 1, train.matrix.shape[1]
        return Fold(
            binned, _watched(valid, binned, options), task, classes, width, threads, (train, valid), constraints, coarse
        )

    def fit(self, fold: Fold, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:
        """Boost until the validation loss has not improved for `budget.patience` rounds."""
        objective, metric = OBJECTIVES[fold.task]
        fixed = {"objective": objective, "eval_metric": metric, "tree_method": "hist"}
        options: dict[str, Any] = {**without_class_weight(params), **fixed, "seed": seed, "nthread": fold.threads}
        options |= _kept_to(fold.constraints)
        if fold.coarse:
            options["max_bin"] = COARSE_BINS  # it must be what the fold was binned with
        if fold.task == "multiclass":
            options["num_class"] = fold.classes
        _weigh(fold, params)
        if fold.coarse:
            return _coarsely(options, fold, budget)
        booster, history = _closely(options, fold, budget)
        return Fitted(
            estimator=wrap(booster.save_raw("ubj"), fold.task),
            valid_prediction=_predict(booster, fold),
            rounds=booster.num_boosted_rounds(),
            importance=_gain(booster, fold.width),
            history=history,
        )


def _watched(valid: Part, binned: xgb.QuantileDMatrix, options: Mapping[str, int]) -> xgb.DMatrix:
    """Return validation rows as they are scored fastest after each round, the scores being the same.

    Bins with values missing are searched for each cell's value, which takes longer than growing the tree does; plain
    rows take eight times the memory.
    """
    if valid.matrix.size < SMALL * 4:
        return xgb.DMatrix(valid.matrix, valid.label, nthread=options["nthread"])
    # ref: validation rows fall into the training rows' bins; their own quantiles would leak.
    return xgb.QuantileDMatrix(valid.matrix, valid.label, ref=binned, **options)


def _closely(options: Mapping[str, Any], fold: Fold, budget: Budget) -> tuple[xgb.Booster, dict[str, list[float]]]:
    """Return the booster and its losses on both parts after every round."""
    history: dict[str, dict[str, list[float]]] = {}
    metric = options["eval_metric"]
    stop = xgb.callback.EarlyStopping(rounds=budget.patience, data_name="valid", save_best=True)
    booster = xgb.train(
        options,
        fold.train,
        budget.rounds,
        evals=[(fold.train, "train"), (fold.valid, "valid")],
        evals_result=history,
        callbacks=[_Onlooker(budget.watch, metric), stop],
        verbose_eval=False,
    )
    return booster, {part: losses[metric] for part, losses in history.items()}


def _coarsely(options: Mapping[str, Any], fold: Fold, budget: Budget) -> Fitted:
    """Return what a search asks for: a round between two looks has the loss of the last."""
    booster = xgb.Booster(dict(options), [fold.train, fold.valid])
    losses: list[float] = []
    best = 0
    for done in range(1, budget.rounds + 1):
        booster.update(fold.train, done - 1)
        if done % LOOK and done < budget.rounds:
            continue
        said = booster.eval_set([(fold.valid, "valid")], done - 1)
        unseen = [losses[-1] if losses else np.inf] * (done - len(losses) - 1)
        losses += [*unseen, float(said.rpartition(":")[2])]
        best = int(np.argmin(losses))
        budget.watch(losses)
        if done - 1 - best >= budget.patience:
            break
    return Fitted(None, _predict(booster, fold, best + 1), best + 1, np.zeros(fold.width), {"valid": losses})


class _Onlooker(xgb.callback.TrainingCallback):  # type: ignore[misc]
    """Hands the losses on the validation rows to the budget's watch."""

    def __init__(self, watch: Watch, metric: str) -> None:
        self._watch, self._metric = watch, metric

    def after_iteration(self, model: xgb.Booster, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
        """Never ends the boosting itself."""
        self._watch(evals_log["valid"][self._metric])
        return False


def _weigh(fold: Fold, params: Mapping[str, Scalar]) -> None:
    """Give both parts the weights of this fit: a fold is shared by all.

    `scale_pos_weight` is the booster's own in training; validation rows get it here, so that early stopping looks at
    the loss that is minimised.
    """
    train, valid = fold.parts
    weights = [row_weights(params, train, part) for part in (train, valid)]
    scale = float(params.get("scale_pos_weight", 1))
    if scale != 1 and fold.task == "binary":
        weights[1] = (1 if weights[1] is None else weights[1]) * np.where(valid.label == 1, scale, 1.0)
    for data, weight in zip((fold.train, fold.valid), weights, strict=True):
        data.set_weight(np.empty(0) if weight is None else weight)


def _kept_to(constraints: Constraints) -> dict[str, Any]:
    found: dict[str, Any] = {"monotone_constraints": constraints.monotone} if constraints.monotone else {}
    # As text: a list would have to name the columns, and they have no names here.
    return found | ({"interaction_constraints": json.dumps(constraints.groups)} if constraints.groups else {})


def _predict(booster: xgb.Booster, fold: Fold, rounds: int = 0) -> Vector:
    """Return the prediction of the first `rounds` rounds, or of all for 0."""
    prediction = np.asarray(booster.predict(fold.valid, iteration_range=(0, rounds)), dtype=np.float64)
    # float32 probabilities add up to 1 only almost; scikit-learn's metrics want it exactly.
    return prediction / prediction.sum(axis=1, keepdims=True) if fold.task == "multiclass" else prediction


def wrap(raw: bytearray, task: Task) -> xgb.XGBModel:
    """Return the estimator of a saved booster (UBJSON)."""
    estimator = xgb.XGBRegressor() if task == "regression" else xgb.XGBClassifier()
    estimator.load_model(raw)
    return estimator


def _gain(booster: xgb.Booster, width: int) -> Vector:
    gains = np.zeros(width)
    for name, gain in booster.get_score(importance_type="total_gain").items():
        gains[int(name[1:])] = gain
    return shares(gains)
