"""Matplotlib figures as inline SVG: the page's colours and fonts, unique ids, reproducible bytes."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

# Placeholders for the page's colours, which differ in light and dark mode.
INK, MUTED, GRID, MODEL, BASELINE = "#010101", "#020202", "#030303", "#040404", "#050505"
TAG = re.compile(r"<[^>]*>")
VARIABLES = {INK: "--ink", MUTED: "--muted", GRID: "--grid", MODEL: "--blue", BASELINE: "--orange"}

STYLE: dict[str, Any] = {
    "svg.hashsalt": "lockstep",
    "svg.fonttype": "none",  # text stays text: small, selectable, in the page's font
    "text.parse_math": False,  # a name may have dollar signs
    "font.family": "sans-serif",
    "font.size": 9.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "axes.formatter.useoffset": False,
    "axes.unicode_minus": True,
}


@dataclass
class Drawing:
    """A figure; `svg` is set when the block ends."""

    axes: Axes
    svg: str = ""


@contextmanager
def drawing(name: str, description: str, width: float, height: float, margins: tuple[float, ...]) -> Iterator[Drawing]:
    """Yield axes to draw in.

    Args:
        name: unique on the page; prefix of every id.
        description: text alternative.
        width: in inches; the page scales it.
        height: in inches.
        margins: left, bottom, right, top in inches; fixed, because an automatic layout depends on the fonts.
    """
    with mpl.rc_context():
        mpl.rcdefaults()  # ignore matplotlibrc
        mpl.rcParams.update(STYLE)
        figure = Figure(figsize=(width, height))
        left, bottom, right, top = margins
        box = (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height)
        result = Drawing(figure.add_axes(box))
        yield result
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True)
        result.svg = embed(text.getvalue(), name, description)


def embed(svg: str, name: str, description: str) -> str:
    """Return an SVG file as an element of a page: no header, no date, unique ids, the page's colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = TAG.sub(lambda tag: _fitted(tag[0], name), svg)
    box = re.search(r'viewBox="[^"]*"', svg)
    head = f'<svg {box[0] if box else ""} role="img" aria-label="{_attribute(description)}"'
    return re.sub(r"^<svg[^>]*", lambda _: head, svg)


def _fitted(tag: str, name: str) -> str:
    """Return a tag with ids and colours of the page; text between tags is a name or a number, and stays."""
    tag = re.sub(r"<g id=\"[^\"]*\"", "<g", tag)  # nothing refers to groups
    tag = re.sub(r' id="([^"]*)"', rf' id="{name}-\1"', tag)
    tag = re.sub(r"url\(#([^)]*)\)", rf"url(#{name}-\1)", tag)
    tag = re.sub(r'xlink:href="#([^"]*)"', rf'href="#{name}-\1"', tag)
    for placeholder, variable in VARIABLES.items():
        tag = tag.replace(placeholder, f"var({variable})")
    return re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", tag)


def percent(axes: Axes, axis: str, digits: int = 0) -> None:
    """Show the ticks of an axis as percentages."""
    getattr(axes, f"{axis}axis").set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.{digits}f}%"))


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
