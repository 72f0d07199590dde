"""Distribution of a feature in the training reference and in the current snapshot."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from lockstep.pipeline.report.facts import FeatureDrift
from lockstep.pipeline.report.figures.canvas import BASELINE, MODEL, drawing, percent

SIZE = (3.1, 1.9)
LONGEST = 14  # characters of a level's label
ROUND = [1, 2, 5, 10]  # tick steps without decimals
FEW = 5
UPRIGHT = 30  # total characters of level names that fit side by side


def histogram(feature: FeatureDrift, number: int) -> str:
    """Return the shares of a feature's values in both."""
    shares = feature.histogram or {}
    by_level = "labels" in shares
    turned = by_level and sum(len(_short(label)) + 2 for label in shares["labels"]) > UPRIGHT
    margins = (0.48, 1.2 if turned else 0.32, 0.16, 0.1)
    size = (SIZE[0], SIZE[1] + (0.88 if turned else 0))
    description = f"Distribution of {feature.name}, in training and in the current snapshot"
    with drawing(f"drift{number}", description, *size, margins) as figure:
        axes = figure.axes
        reference, current = np.array(shares["reference"]), np.array(shares["current"])
        if by_level:
            at = np.arange(len(reference))
            axes.bar(at - 0.2, reference, 0.4, color=MODEL)
            axes.bar(at + 0.2, current, 0.4, color=BASELINE)
            axes.set_xticks(at, [_short(label) for label in shares["labels"]])
            if turned:
                steep = len(at) > FEW
                for label in axes.get_xticklabels():
                    label.set(rotation=90 if steep else 40, ha="right", va="center" if steep else "top")
                    label.set_rotation_mode("anchor")
        else:
            edges = np.array(shares["edges"])
            axes.stairs(reference, edges, fill=True, color=MODEL, alpha=0.35)
            axes.stairs(reference, edges, color=MODEL, linewidth=1.3)
            axes.stairs(current, edges, color=BASELINE, linewidth=1.6)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=ROUND))
        axes.grid(visible=False, axis="x")
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=ROUND))
        axes.set_ylim(bottom=0)
        percent(axes, "y")
    return figure.svg


def _short(label: str) -> str:
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"
