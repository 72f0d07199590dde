"""ROC, precision-recall, calibration, cost by threshold, predicted against actual."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lockstep.pipeline.report.figures.canvas import BASELINE, GRID, INK, MODEL, MUTED, drawing
from lockstep.tasks.task import Task

SIZE = (4.6, 3.7)
MARGINS = (0.62, 0.55, 0.15, 0.15)
WIDE, WIDE_MARGINS = (4.6, 2.8), (0.72, 0.55, 0.32, 0.3)


def roc(model: pd.DataFrame, baseline: pd.DataFrame, name: str) -> str:
    """Return the ROC curves of the model and of the linear baseline."""
    with drawing("roc", f"ROC curve of the model and of {name}", *SIZE, MARGINS) as figure:
        axes = figure.axes
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (1, 2)), label="chance")
        axes.plot(
            baseline["false_positive_rate"],
            baseline["true_positive_rate"],
            color=BASELINE,
            linestyle=(0, (5, 2)),
            label=name,
        )
        axes.plot(model["false_positive_rate"], model["true_positive_rate"], color=MODEL, label="model")
        _unit(axes, "False positive rate", "True positive rate")
        axes.legend(loc="lower right", reverse=True)
    return figure.svg


def precision_recall(model: pd.DataFrame, baseline: pd.DataFrame, name: str, base_rate: float | None) -> str:
    """Return the precision-recall curves of the model and of the linear baseline."""
    with drawing("pr", f"Precision-recall curve of the model and of {name}", *SIZE, MARGINS) as figure:
        axes = figure.axes
        if base_rate is not None:
            axes.axhline(base_rate, color=MUTED, linewidth=1, linestyle=(0, (1, 2)), label="base rate")
        axes.plot(baseline["recall"], baseline["precision"], color=BASELINE, linestyle=(0, (5, 2)), label=name)
        axes.plot(model["recall"], model["precision"], color=MODEL, label="model")
        _unit(axes, "Recall", "Precision")
        axes.legend(loc="best", reverse=True)
    return figure.svg


def calibration(points: pd.DataFrame, task: Task) -> str:
    """Return mean label against mean prediction, with intervals."""
    words = task.axes
    with drawing("calibration", f"{words[1]} by {words[0].lower()}", *SIZE, MARGINS) as figure:
        axes = figure.axes
        low, high = _range(points[["predicted", "low", "high"]], unit=task.has_probabilities)
        axes.plot([low, high], [low, high], color=MUTED, linewidth=1, linestyle=(0, (1, 2)), label="perfect")
        error = [points["observed"] - points["low"], points["high"] - points["observed"]]
        axes.errorbar(
            points["predicted"],
            points["observed"],
            np.clip(np.array(error), 0, None),
            color=MODEL,
            marker="o",
            markersize=4.5,
            linewidth=1.4,
            elinewidth=1.2,
            capsize=2.5,
            label="model",
        )
        axes.set(xlim=(low, high), ylim=(low, high), xlabel=words[0], ylabel=words[1])
        axes.legend(loc="upper left")
    return figure.svg


def costs(points: pd.DataFrame, threshold: float) -> str:
    """Return the cost per row by threshold, with the chosen threshold."""
    with drawing("costs", "Cost per test row by threshold", *WIDE, WIDE_MARGINS) as figure:
        axes = figure.axes
        axes.plot(points["threshold"], points["cost"], color=MODEL, label="cost per row")
        axes.axvline(min(threshold, 1.0), color=BASELINE, linewidth=1.2, linestyle=(0, (4, 2)), label="chosen")
        axes.set(xlim=(-0.01, 1.01), xlabel="Threshold", ylabel="Cost per row")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2, borderpad=0)
    return figure.svg


def scatter(points: pd.DataFrame) -> str:
    """Return actual against predicted numbers."""
    with drawing("scatter", "Actual against predicted numbers", *SIZE, MARGINS) as figure:
        axes = figure.axes
        low, high = _range(points, unit=False)
        axes.plot([low, high], [low, high], color=INK, linewidth=1, linestyle=(0, (1, 2)))
        axes.plot(points["predicted"], points["actual"], "o", color=MODEL, markersize=3.5, alpha=0.55, mew=0)
        axes.set(xlim=(low, high), ylim=(low, high), xlabel="Predicted", ylabel="Actual")
    return figure.svg


def _unit(axes: Axes, x: str, y: str) -> None:
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02), xlabel=x, ylabel=y)
    axes.spines[["left", "bottom"]].set_color(GRID)


def _range(values: pd.DataFrame, *, unit: bool) -> tuple[float, float]:
    if unit:
        return -0.01, 1.01
    low, high = float(np.nanmin(values.to_numpy())), float(np.nanmax(values.to_numpy()))
    margin = 0.04 * (high - low) or 1.0
    return low - margin, high + margin
