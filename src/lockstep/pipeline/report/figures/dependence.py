"""Effect of a feature on the prediction, by its value."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from lockstep.pipeline.report.figures.canvas import BASELINE, MODEL, MUTED, drawing

SIZE = (3.1, 2.1)
MARGINS = (0.55, 0.4, 0.1, 0.1)
LONGEST = 9  # characters of a level below its point
MOST = 8  # levels with a label


def names(points: pd.DataFrame) -> list[str]:
    """Return the features of the points, in their order."""
    return [str(name) for name in points["feature"].unique()]


def dependence(points: pd.DataFrame, name: str, number: int) -> str:
    """Return the mean SHAP value of a feature by its value: a line for numbers, bars for levels."""
    rows = points[points["feature"].astype(str) == name]
    values = pd.to_numeric(rows["value"], errors="coerce")
    known = values.notna()
    with drawing(f"dependence{number}", f"Mean SHAP value of {name} by its value", *SIZE, MARGINS) as figure:
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
