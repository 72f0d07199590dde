"""A number, such as an amount or a price."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockstep.statistics import weighted
from lockstep.statistics.metric import Metric, Rule
from lockstep.statistics.weighted import Floats, Statistic
from lockstep.tasks.formulas import scikit_learn, squared_error_of_rows
from lockstep.tasks.task import Task


def _rmse(label: NDArray[Any], prediction: Floats, _: Rule) -> Statistic:
    return weighted.root(weighted.ratio(squared_error_of_rows(label, prediction)))


def _pinball(label: NDArray[Any], prediction: Floats, rule: Rule) -> Statistic:
    short = label - prediction
    return weighted.ratio(np.maximum(rule.quantile * short, (rule.quantile - 1) * short))


MAE = Metric(
    "mae",
    "mae",
    "Mean absolute error",
    lambda label, p, _: weighted.ratio(np.abs(label - p)),
    greater_is_better=False,
    brief=True,
)

METRICS = (
    Metric("rmse", "rmse", "Root mean squared error", _rmse, greater_is_better=False, brief=True),
    MAE,
    Metric(
        "r2",
        "r2",
        "R²",
        lambda label, p, _: weighted.r_squared(label, p),
        undefined="all labels are equal",
        brief=True,
    ),
    Metric("pinball", "pinball", "Pinball loss at {quantile:g}", _pinball, greater_is_better=False),
)

TASK = Task(
    name="regression",
    output="number",
    measures=("count", "sum"),
    metrics=METRICS,
    search={
        "rmse": scikit_learn("root_mean_squared_error"),
        "mae": scikit_learn("mean_absolute_error"),
        "r2": scikit_learn("r2_score"),
    },
    loss=squared_error_of_rows,
    loss_title="Squared error",
    baselines=("mean", "ridge"),
    tests=("wilcoxon_entities", "wilcoxon_snapshots"),
    curves=("calibration", "scatter"),
    axes=("Mean prediction", "Mean label"),
    mean_label="Mean label",
)
