"""A kind of task that a plugin brings: how many, judged by the Poisson deviance."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockstep.statistics import weighted
from lockstep.statistics.metric import Metric, Rule
from lockstep.statistics.weighted import Floats, Statistic
from lockstep.tasks.formulas import scikit_learn
from lockstep.tasks.regression import MAE
from lockstep.tasks.task import Task

LEAST = 1e-3


def deviance_of_rows(label: NDArray[Any], prediction: Floats) -> Floats:
    """Return the Poisson deviance of each row, (n,); a prediction below `LEAST` counts as that."""
    expected = np.maximum(prediction, LEAST)
    logs = np.where(label > 0, label * np.log(np.where(label > 0, label, 1) / expected), 0.0)
    return np.asarray(2 * (logs - label + expected))


def deviance(label: NDArray[Any], prediction: Floats, _: Rule) -> Statistic:
    """Return the mean Poisson deviance."""
    return weighted.ratio(deviance_of_rows(label, prediction))


def search_deviance(label: NDArray[Any], prediction: NDArray[Any], _: int) -> float:
    """Return the mean Poisson deviance."""
    return float(deviance_of_rows(label, prediction).mean())


TASK = Task(
    name="count",
    output="number",
    measures=("count",),
    metrics=(
        Metric("poisson_deviance", "deviance", "Poisson deviance", deviance, greater_is_better=False, brief=True),
        MAE,
    ),
    search={"poisson_deviance": search_deviance, "mae": scikit_learn("mean_absolute_error")},
    loss=deviance_of_rows,
    loss_title="Poisson deviance",
    baselines=("mean count", "ridge"),
    tests=("wilcoxon_entities",),
    curves=("calibration", "scatter"),
    axes=("Mean prediction", "Mean count"),
    mean_label="Mean count",
)
