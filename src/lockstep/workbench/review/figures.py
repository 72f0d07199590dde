"""Figures of a review: curves and feature importances of both models."""

import io
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockstep.core.errors import shorten
from lockstep.pipeline.report.figures.canvas import BASELINE, INK, MODEL, MUTED, drawing
from lockstep.workbench.review.predictions import FOLDER
from lockstep.workbench.review.results import Model
from lockstep.workbench.review.review import Review, Subject
from lockstep.workbench.review.store import FAULTS, LeftOut

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Curve = Callable[[Subject, list[str]], str | None]
"""Draws a curve of both sides, or of the one that has it, and reports missing files."""
SIZE, MARGINS = (4.6, 3.7), (0.62, 0.55, 0.15, 0.15)
STYLES: Mapping[str, tuple[str, Any]] = {"old": (BASELINE, (0, (5, 2))), "new": (MODEL, "-")}
FEATURES = 10  # by change of importance
LONGEST = 36  # characters of a name
POINTS = 10_000  # of a curve; a file with more is not from this pipeline
COLOURS = {
    "--ink": "#16202c", "--muted": "#5b6775", "--grid": "#dfe3e8", "--blue": "#0072b2", "--orange": "#c75300",
}  # fmt: skip
"""Light-mode colours of the page, for standalone figures."""


def figures(of: Subject, review: Review) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return name -> SVG of the figures with something to draw, and what is missing, and why."""
    if review.results.same:
        return {}, ()
    gone: list[str] = []
    drawn = {name: _tried(name, partial(draw, of, gone), gone) for name, draw in CURVES.items()}
    both = review.results
    drawn |= {"importances": _tried("importances", lambda: _importances(both.old, both.new), gone)}
    return {name: svg for name, svg in drawn.items() if svg}, tuple(dict.fromkeys(gone))


def _tried(name: str, draw: Callable[[], str | None], gone: list[str]) -> str | None:
    """Return a figure, or None if it cannot be drawn: numbers near the float limit, say."""
    try:
        return draw()
    except FAULTS as error:
        gone.append(f"figure {name} cannot be drawn ({error})")
        return None


def _curve(name: str, x: str, y: str, axes: tuple[str, str], start: Callable[["Axes"], None]) -> Curve:
    """Return a function that draws the curves of both sides from a file of their evaluations."""

    def draw(of: Subject, gone: list[str]) -> str | None:
        points = {side: _points(of, name, (x, y), gone, old=side == "old") for side in ("old", "new")}
        known = {side: one for side, one in points.items() if one is not None and len(one)}
        if not known:
            return None
        with drawing(name, f"{axes[1]} by {axes[0].lower()}, old and new", *SIZE, MARGINS) as figure:
            start(figure.axes)
            for side, one in known.items():
                colour, dashes = STYLES[side]
                figure.axes.plot(
                    one[x], one[y], color=colour, linestyle=dashes, label=side, marker=_marker(name), markersize=4
                )
            figure.axes.set(xlabel=axes[0], ylabel=axes[1])
            figure.axes.legend(loc="best")
        return figure.svg

    return draw


def _marker(name: str) -> str:
    return "o" if name == "calibration" else ""


def _points(of: Subject, name: str, columns: tuple[str, str], gone: list[str], *, old: bool) -> "pd.DataFrame | None":
    import pandas as pd

    side, file = of.old if old else of.new, f"{name}.csv"
    try:
        found = pd.read_csv(of.store.path(side, FOLDER, file), usecols=columns, dtype=float, nrows=POINTS + 1)
    except LeftOut as error:
        gone.append(error.what)
        return None
    except FAULTS as error:
        gone.append(f"{FOLDER / file} of {side.name} cannot be read ({error})")
        return None
    if len(found) <= POINTS:
        return found
    gone.append(f"{FOLDER / file} of {side.name} has more than {POINTS:,} points")
    return None


def _unit(axes: "Axes") -> None:
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02))


def _diagonal(axes: "Axes") -> None:
    _unit(axes)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (1, 2)))


def _perfect(axes: "Axes") -> None:
    axes.axline((0, 0), slope=1, color=MUTED, linewidth=1, linestyle=(0, (1, 2)))


CURVES: Mapping[str, Curve] = {
    "roc": _curve(
        "roc", "false_positive_rate", "true_positive_rate", ("False positive rate", "True positive rate"), _diagonal
    ),
    "pr": _curve("pr", "recall", "precision", ("Recall", "Precision"), _unit),
    "calibration": _curve("calibration", "predicted", "observed", ("Predicted", "Observed"), _perfect),
}


def _importances(old: Model | None, new: Model | None) -> str | None:
    """Return the features with the largest change of importance."""
    sides = [{one.name: one.permuted or 0.0 for one in side.importances} if side else {} for side in (old, new)]
    if not all(sides) or sides[0] == sides[1]:
        return None
    before, after = sides
    names = sorted({**after, **before}, key=lambda name: -abs(after.get(name, 0.0) - before.get(name, 0.0)))[:FEATURES]
    names.reverse()
    height = 1.0 + 0.27 * len(names)
    with drawing("importances", "Importance of features, old and new", 4.6, height, (2.35, 0.55, 0.15, 0.35)) as figure:
        axes, places = figure.axes, range(len(names))
        for place, name in zip(places, names, strict=True):
            axes.plot([before.get(name, 0.0), after.get(name, 0.0)], [place, place], color=MUTED, linewidth=1.2)
        axes.plot([before.get(name, 0.0) for name in names], places, "o", color=BASELINE, label="old", markersize=5)
        axes.plot([after.get(name, 0.0) for name in names], places, "o", color=MODEL, label="new", markersize=5)
        axes.set_yticks(list(places), [shorten(name, LONGEST) for name in names], fontsize=8)
        axes.axvline(0, color=INK, linewidth=0.6)
        axes.set(xlabel="Permutation importance", ylim=(-0.7, len(names) - 0.3))
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    return figure.svg


def standalone(svg: str) -> str:
    """Return a figure of the page as a standalone SVG file."""
    for name, colour in COLOURS.items():
        svg = svg.replace(f"var({name})", colour)
    text = io.StringIO()
    text.write('<?xml version="1.0" encoding="utf-8"?>\n')
    text.write(re.sub(r"^<svg", '<svg xmlns="http://www.w3.org/2000/svg" style="background: #ffffff"', svg))
    return text.getvalue()


def write(drawn: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """Write figures as files, and return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in drawn.items():
        (folder / f"{name}.svg").write_text(standalone(svg), encoding="utf-8")
    return tuple(f"{name}.svg" for name in drawn)
