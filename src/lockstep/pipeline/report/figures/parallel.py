"""The trials of a search as lines across its hyperparameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from lockstep.core.errors import shorten
from lockstep.pipeline.report.facts import Search, Trial
from lockstep.pipeline.report.figures.canvas import BASELINE, GRID, INK, MODEL, MUTED, drawing

WIDTH, HEIGHT = 9.6, 3.1
MARGINS = (0.7, 0.45, 0.7, 0.15)
WIDE = 30.0  # ratio of highest to lowest value from which the axis is logarithmic
CHARACTER = 0.066  # inches per character of an axis name
FEWEST = 2  # trials


@dataclass(frozen=True)
class Scale:
    """One axis: the trials' positions between 0 and 1, and the labels of its ends."""

    name: str
    at: npt.NDArray[np.float64]
    low: str
    high: str


def can_draw(found: Search) -> bool:
    """Return whether there are enough trials to draw."""
    return len(_judged(found)) >= FEWEST and bool(found.params)


def parallel(found: Search) -> str:
    """Return one line per trial of the best estimator, across its hyperparameters and its score."""
    trials = _judged(found)
    scales = [scale(name, [trial.params[name] for trial in trials]) for name in found.params]
    scales.append(scale(found.metric, [trial.reached for trial in trials]))
    description = f"Hyperparameters and {found.metric} of each trial of {found.estimator}"
    with drawing("parallel", description, WIDTH, HEIGHT, MARGINS) as figure:
        axes = figure.axes
        heights = np.column_stack([one.at for one in scales])
        for trial, line in sorted(zip(trials, heights, strict=True), key=lambda pair: _rank(pair[0], found)):
            _line(axes, line, trial, best=trial.number == found.trial)
        _axes(axes, scales)
    return figure.svg


def scale(name: str, values: Sequence[Any]) -> Scale:
    """Return the axis of values: levels evenly spaced, numbers linear, or logarithmic if they span a wide range."""
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        levels = sorted({str(value) for value in values})
        at = np.array([levels.index(str(value)) for value in values]) / max(len(levels) - 1, 1)
        return Scale(name, at, levels[0], levels[-1])
    numbers = np.array(values, dtype=float)
    low, high = float(numbers.min()), float(numbers.max())
    if low == high:
        return Scale(name, np.full(len(numbers), 0.5), f"{low:.3g}", f"{high:.3g}")
    wide = low > 0 and high / low >= WIDE
    from_low, whole = (np.log(numbers / low), np.log(high / low)) if wide else (numbers - low, high - low)
    return Scale(name, from_low / whole, f"{low:.3g}", f"{high:.3g}")


def _judged(found: Search) -> list[Trial]:
    return [trial for trial in found.trials if trial.estimator == found.estimator and trial.reached is not None]


def _rank(trial: Trial, found: Search) -> tuple[bool, bool, float]:
    """Order lines so that the best one is drawn last, on top."""
    score = trial.score if trial.score is not None else 0.0
    return trial.number == found.trial, trial.score is not None, score if found.greater_is_better else -score


def _line(axes: Axes, heights: npt.NDArray[np.float64], trial: Trial, *, best: bool) -> None:
    look: dict[str, Any] = {"color": MODEL, "linewidth": 1.0, "alpha": 0.55}
    if trial.score is None:
        look = {"color": MUTED, "linewidth": 0.7, "alpha": 0.5, "linestyle": (0, (3, 2))}
    if best:
        look = {"color": BASELINE, "linewidth": 2.4}
    axes.plot(range(len(heights)), heights, **look)


def _axes(axes: Axes, scales: Sequence[Scale]) -> None:
    room = int((WIDTH - MARGINS[0] - MARGINS[2]) / len(scales) / CHARACTER)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set(xlim=(-0.15, len(scales) - 0.85), ylim=(-0.09, 1.09))
    axes.set_yticks([])
    axes.set_xticks(range(len(scales)), [shorten(one.name, room) for one in scales])
    axes.tick_params(axis="x", length=0, pad=6, labelsize=8.5)
    for place, one in enumerate(scales):
        axes.axvline(place, 0.075, 0.925, color=GRID, linewidth=1.4, zorder=0)
        for height, end, side in ((1.03, one.high, "bottom"), (-0.03, one.low, "top")):
            axes.text(place, height, shorten(end, room), ha="center", va=side, fontsize=8, color=INK)
