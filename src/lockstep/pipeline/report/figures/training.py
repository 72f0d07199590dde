"""Labels by cutoff, score by trial, loss by round, score by training rows."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from lockstep.pipeline.report.facts import Cutoff, Learning, Search
from lockstep.pipeline.report.figures.canvas import BASELINE, MODEL, MUTED, drawing, percent

SIZE = (4.6, 2.8)
MARGINS = (0.72, 0.55, 0.32, 0.3)
POINTS = 300
MARKERS = {"train": ("o", MUTED), "valid": ("s", BASELINE), "test": ("D", MODEL)}
TICKS = 4


def labels(cutoffs: Sequence[Cutoff], share: bool) -> str:
    """Return the mean label of each snapshot, by split."""
    what = "Base rate" if share else "Mean label"
    with drawing("labels", f"{what} by cutoff", *SIZE, MARGINS) as figure:
        axes = figure.axes
        order = sorted(cutoffs, key=lambda row: row.cutoff)
        axes.plot([row.mean_label for row in order], color=MUTED, linewidth=0.8)
        for split, (marker, colour) in MARKERS.items():
            chosen = [(i, row.mean_label) for i, row in enumerate(order) if row.split == split]
            if chosen:
                axes.plot(*zip(*chosen, strict=True), marker, color=colour, markersize=6, label=split)
        shown = range(0, len(order), -(-len(order) // TICKS))
        axes.set_xticks(list(shown), [order[i].cutoff[:10] for i in shown])
        axes.set(xlim=(-0.4, len(order) - 0.6), xlabel="Cutoff", ylabel=what)
        axes.margins(y=0.25)
        if share:
            percent(axes, "y", digits=1)
        _legend(axes)
    return figure.svg


def search(found: Search) -> str:
    """Return the score by trial, and the best so far."""
    with drawing("search", f"{found.metric} by trial and the best so far", *SIZE, MARGINS) as figure:
        axes = figure.axes
        finished = [(trial.number, trial.score) for trial in found.trials if trial.score is not None]
        numbers, scores = (np.array(side, dtype=float) for side in zip(*finished, strict=True))
        best = np.maximum.accumulate(scores) if found.greater_is_better else np.minimum.accumulate(scores)
        axes.plot(numbers, best, color=MODEL, drawstyle="steps-post", label="best so far")
        axes.plot(numbers, scores, "o", color=BASELINE, markersize=4.5, label="trial")
        # an outlier must not flatten the others
        middle = np.quantile(scores, [0.25, 0.75])
        reach = 3 * (middle[1] - middle[0]) or 1e-3
        low, high = max(scores.min(), middle[0] - reach), min(scores.max(), middle[1] + reach)
        margin = 0.12 * (high - low) or 1e-3
        axes.set(ylim=(low - margin, high + margin), xlabel="Trial", ylabel=found.metric.replace("_", " "))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _legend(axes)
    return figure.svg


def history(losses: Mapping[str, Sequence[float]], kept: int | None) -> str:
    """Return the loss by boosting round on training and validation rows."""
    with drawing("history", "Loss by boosting round, on training and validation rows", *SIZE, MARGINS) as figure:
        axes = figure.axes
        looks = {"train": (MUTED, (0, (5, 2))), "valid": (MODEL, "solid")}
        for part, values in losses.items():
            colour, style = looks.get(part, (BASELINE, "solid"))
            rounds = np.unique(np.linspace(0, len(values) - 1, min(len(values), POINTS)).round().astype(int))
            axes.plot(rounds + 1, np.asarray(values)[rounds], color=colour, linestyle=style, label=part)
        if kept:
            axes.axvline(kept, color=BASELINE, linewidth=1, linestyle=(0, (1, 2)), label=f"kept: {kept}")
        axes.set(xlabel="Boosting round", ylabel="Loss")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        _legend(axes)
    return figure.svg


def learning(found: Learning, title: str) -> str:
    """Return the score on training and validation rows by the number of training rows."""
    with drawing("learning", f"{title} by training rows", *SIZE, MARGINS) as figure:
        axes = figure.axes
        rows = [point.rows for point in found.curve]
        axes.plot(rows, [point.train for point in found.curve], "o--", color=MUTED, markersize=4.5, label="train")
        axes.plot(rows, [point.valid for point in found.curve], "s-", color=MODEL, markersize=4.5, label="valid")
        axes.set(xlabel="Training rows", ylabel=title, xlim=(0, 1.05 * max(rows)))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.margins(y=0.15)
        _legend(axes)
    return figure.svg


def _legend(axes: Axes) -> None:
    """Put the legend above the axes, clear of the lines."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2, borderpad=0)
