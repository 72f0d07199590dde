"""What decisions cost by threshold, and how predictions move with a feature."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from lockstep.pipeline.report.figures.canvas import BASELINE, MODEL, MUTED, drawing

SIZE = (4.6, 2.8)
MARGINS = (0.72, 0.55, 0.32, 0.3)
SMALL = (3.1, 2.1)
SMALL_MARGINS = (0.55, 0.4, 0.1, 0.1)
LONGEST = 9  # characters of a level below its point
MOST = 8  # levels with a name each


def costs(points: pd.DataFrame, threshold: float) -> str:
    """Return the cost of a row by threshold, and where the chosen one lies."""
    with drawing("costs", "Cost of a test row by threshold", *SIZE, MARGINS) as figure:
        axes = figure.axes
        axes.plot(points["threshold"], points["cost"], color=MODEL, label="cost of a row")
        axes.axvline(min(threshold, 1.0), color=BASELINE, linewidth=1.2, linestyle=(0, (4, 2)), label="chosen")
        axes.set(xlim=(-0.01, 1.01), xlabel="Threshold", ylabel="Cost of a row")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2, borderpad=0)
    return figure.svg


def names(points: pd.DataFrame) -> list[str]:
    """Return the features that the points are of, in their order."""
    return [str(name) for name in points["feature"].unique()]


def dependence(points: pd.DataFrame, name: str, number: int) -> str:
    """Return how far a feature moves a prediction, by its value: numbers as a line, levels side by side."""
    rows = points[points["feature"].astype(str) == name]
    values = pd.to_numeric(rows["value"], errors="coerce")
    known = values.notna()
    with drawing(f"dependence{number}", f"Contribution of {name} by its value", *SMALL, SMALL_MARGINS) as figure:
        axes = figure.axes
        axes.axhline(0, color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
        if known.sum() > 1:
            axes.plot(values[known], rows["contribution"][known], "o-", color=MODEL, markersize=3.5, linewidth=1.3)
            for gap in rows["contribution"][~known]:
                axes.axhline(gap, color=BASELINE, linewidth=1.2, linestyle=(0, (4, 2)))
            axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
        else:
            at = np.arange(len(rows))
            axes.bar(at, rows["contribution"], 0.6, color=MODEL)
            shown = [_short(str(level)) for level in rows["value"]] if len(rows) <= MOST else []
            axes.set_xticks(at if shown else [], shown)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    return figure.svg


def _short(level: str) -> str:
    return level if len(level) <= LONGEST else f"{level[: LONGEST - 1]}…"
