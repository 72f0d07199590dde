"""XGBoost: histogram trees, on rows that are binned once a fold; the same bytes for any number of threads."""

import json
import os
from collections.abc import Callable, Mapping
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
    SMALL,
    Additive,
    Budget,
    Constraints,
    Fitted,
    Fold,
    Hyperparameter,
    LearnerSpec,
    Matrix,
    Part,
    Vector,
    shares,
)
from lockstep.learners.weights import row_weights, without_class_weight
from lockstep.tasks.task import Output

OBJECTIVES: dict[Output, tuple[str, str]] = {
    "probability": ("binary:logistic", "logloss"),
    "probabilities": ("multi:softprob", "mlogloss"),
    "number": ("reg:squarederror", "rmse"),
}
BINS = 256
"""Bins of a column, as XGBoost has it."""
LOOK = 5
"""Rounds between two evaluations of the validation rows in a search: on few rows, one takes as long as a round."""
SHARE = Hyperparameter(high=1.0)


class XGBoost(LearnerSpec):
    """Gradient boosting of XGBoost."""

    name = "xgboost"
    outputs = PROBABILITIES | NUMBER
    hyperparameters = {
        "learning_rate": Hyperparameter(),
        "max_depth": Hyperparameter("int"),
        "min_child_weight": Hyperparameter(),
        "subsample": SHARE,
        "colsample_bytree": SHARE,
        "colsample_bylevel": SHARE,
        "reg_lambda": Hyperparameter(),
        "reg_alpha": Hyperparameter(),
        "gamma": Hyperparameter(),
        "max_delta_step": Hyperparameter(),
        "max_leaves": Hyperparameter("int"),
        "grow_policy": Hyperparameter("choice", choices=("depthwise", "lossguide")),
        "scale_pos_weight": Hyperparameter(),
        CLASS_WEIGHT: BALANCED,
    }
    defaults = {
        "learning_rate": 0.1,
        "max_depth": 6,
        "min_child_weight": 1.0,
        "subsample": 1.0,
        "colsample_bytree": 1.0,
        "reg_lambda": 1.0,
    }
    constraints = frozenset({"monotone", "interactions"})
    boosts = True
    libraries = ("xgboost",)
    native = "model.ubj"

    def convert(self, fold: Fold) -> Any:
        """Bin both parts by the quantiles of the training rows."""
        import xgboost as xgb

        options = {"nthread": fold.threads, "max_bin": COARSE_BINS if fold.coarse else BINS}
        binned = xgb.QuantileDMatrix(fold.train.matrix, fold.train.label, **options)
        return binned, _validation(fold.valid, binned, options)

    def fit(self, fold: Fold, params: Mapping[str, Scalar], budget: Budget, seed: int) -> Fitted:
        """Boost until the validation loss has not improved for `budget.patience` rounds."""
        objective, metric = OBJECTIVES[fold.output]
        fixed = {"objective": objective, "eval_metric": metric, "tree_method": "hist"}
        options: dict[str, Any] = {**without_class_weight(params), **fixed, "seed": seed, "nthread": fold.threads}
        options |= _constrained(fold.constraints)
        if fold.coarse:
            options["max_bin"] = COARSE_BINS  # it must be what the fold was binned with
        if fold.output == "probabilities":
            options["num_class"] = fold.classes
        _weigh(fold, params)
        return (_fit_coarse if fold.coarse else _fit)(options, fold, budget)

    def write(self, estimator: Any, path: Path) -> None:
        """Write the booster as UBJSON."""
        path.write_bytes(estimator.get_booster().save_raw("ubj"))

    def read(self, path: Path, output: Output) -> Any:
        """Return the estimator of a saved booster."""
        return _wrap(bytearray(path.read_bytes()), output)

    def register_onnx(self) -> None:
        """Register onnxmltools' converter."""
        from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost
        from xgboost import XGBClassifier, XGBRegressor

        from lockstep.learners.onnx_converters import register

        register(XGBClassifier, XGBRegressor, "XGBoostXGB", (convert_xgboost, convert_xgboost))

    def explain(self, estimator: Any, background: Callable[[], Matrix]) -> Additive:  # noqa: ARG002
        """Return XGBoost's own TreeSHAP."""
        return Additive(lambda matrix: _contributions(estimator, matrix))


def _validation(valid: Part, binned: Any, options: Mapping[str, int]) -> Any:
    """Return validation rows in the form that is scored fastest after each round; the scores are the same.

    Bins with values missing are searched for each cell's value, which takes longer than growing the tree does; plain
    rows take eight times the memory.
    """
    import xgboost as xgb

    if valid.matrix.size < SMALL * 4:
        return xgb.DMatrix(valid.matrix, valid.label, nthread=options["nthread"])
    # ref: validation rows fall into the training rows' bins; their own quantiles would leak.
    return xgb.QuantileDMatrix(valid.matrix, valid.label, ref=binned, **options)


def _fit(options: Mapping[str, Any], fold: Fold, budget: Budget) -> Fitted:
    """Evaluate both parts after every round."""
    import xgboost as xgb

    train, valid = fold.data
    metric = options["eval_metric"]

    class Watched(xgb.callback.TrainingCallback):  # type: ignore[misc]
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
            budget.watch(evals_log["valid"][metric])
            return False

    history: dict[str, dict[str, list[float]]] = {}
    stop = xgb.callback.EarlyStopping(rounds=budget.patience, data_name="valid", save_best=True)
    booster = xgb.train(
        options,
        train,
        budget.rounds,
        evals=[(train, "train"), (valid, "valid")],
        evals_result=history,
        callbacks=[Watched(), stop],
        verbose_eval=False,
    )
    return Fitted(
        estimator=_wrap(booster.save_raw("ubj"), fold.output),
        valid_prediction=_predict(booster, fold),
        rounds=booster.num_boosted_rounds(),
        importance=_gain(booster, fold.train.matrix.shape[1]),
        history={part: losses[metric] for part, losses in history.items()},
    )


def _fit_coarse(options: Mapping[str, Any], fold: Fold, budget: Budget) -> Fitted:
    """Evaluate the validation rows every `LOOK` rounds; a round between has the loss of the evaluation before."""
    import xgboost as xgb

    train, valid = fold.data
    booster = xgb.Booster(dict(options), [train, valid])
    losses: list[float] = []
    best = 0
    for done in range(1, budget.rounds + 1):
        booster.update(train, done - 1)
        if done % LOOK and done < budget.rounds:
            continue
        evaluated = booster.eval_set([(valid, "valid")], done - 1)
        unseen = [losses[-1] if losses else np.inf] * (done - len(losses) - 1)
        losses += [*unseen, float(evaluated.rpartition(":")[2])]
        best = int(np.argmin(losses))
        budget.watch(losses)
        if done - 1 - best >= budget.patience:
            break
    width = fold.train.matrix.shape[1]
    return Fitted(None, _predict(booster, fold, best + 1), best + 1, np.zeros(width), {"valid": losses})


def _weigh(fold: Fold, params: Mapping[str, Scalar]) -> None:
    """Give both parts the weights of this fit: a fold is shared by all.

    `scale_pos_weight` is the booster's own in training; validation rows get it here, so that early stopping looks at
    the loss that is minimised.
    """
    weights = [row_weights(params, fold.train, part) for part in (fold.train, fold.valid)]
    scale = float(params.get("scale_pos_weight", 1))
    if scale != 1 and fold.output == "probability":
        weights[1] = (1 if weights[1] is None else weights[1]) * np.where(fold.valid.label == 1, scale, 1.0)
    for data, weight in zip(fold.data, weights, strict=True):
        data.set_weight(np.empty(0) if weight is None else weight)


def _constrained(constraints: Constraints) -> dict[str, Any]:
    found: dict[str, Any] = {"monotone_constraints": constraints.monotone} if constraints.monotone else {}
    # As text: a list would have to name the columns, and they have no names here.
    return found | ({"interaction_constraints": json.dumps(constraints.groups)} if constraints.groups else {})


def _predict(booster: Any, fold: Fold, rounds: int = 0) -> Vector:
    """Return the prediction of the first `rounds` rounds, or of all for 0."""
    prediction = np.asarray(booster.predict(fold.data[1], iteration_range=(0, rounds)), dtype=np.float64)
    # float32 probabilities add up to 1 only almost; scikit-learn's metrics want it exactly.
    return prediction / prediction.sum(axis=1, keepdims=True) if fold.output == "probabilities" else prediction


def _wrap(raw: bytearray, output: Output) -> Any:
    import xgboost as xgb

    estimator = xgb.XGBRegressor() if output == "number" else xgb.XGBClassifier()
    estimator.load_model(raw)
    return estimator


def _gain(booster: Any, width: int) -> Vector:
    gains = np.zeros(width)
    for name, gain in booster.get_score(importance_type="total_gain").items():
        gains[int(name[1:])] = gain
    return shares(gains)


def _contributions(estimator: Any, matrix: Matrix) -> Vector:
    import xgboost as xgb

    booster, threads = estimator.get_booster(), os.cpu_count()  # each row is one thread's: the bytes stay the same
    booster.set_param({"nthread": threads})
    return np.asarray(booster.predict(xgb.DMatrix(matrix, nthread=threads), pred_contribs=True), dtype=np.float64)


LEARNER = XGBoost()
