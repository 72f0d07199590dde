"""A review as one self-contained HTML page."""

from collections.abc import Mapping, Sequence

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lockstep.core.errors import shorten
from lockstep.workbench.review.outline.blocks import Section, Text

LONGEST = 2000  # characters of a piece of text
SHORT = 28  # characters that stay on one line
CAPTIONS = {
    "roc": "ROC curve. Each model on its own test rows.",
    "pr": "Precision-recall curve. Each model on its own test rows.",
    "calibration": "Calibration. Dotted line: perfect calibration.",
    "importances": "Features with the largest change of permutation importance.",
}


def page(sections: Sequence[Section], figures: Mapping[str, str], title: str) -> str:
    """Return the page.

    Args:
        sections: of the outline, the verdict first.
        figures: SVG elements by name.
        title: name of the change.
    """
    loader = ChoiceLoader([PackageLoader("lockstep.workbench.review"), PackageLoader("lockstep.pipeline.report")])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["piece"] = _piece
    style = environment.get_template("style.css").render()
    return environment.get_template("review.html.j2").render(
        sections=sections,
        title=shorten(title, LONGEST),
        style=Markup(style),  # noqa: S704 # our own file
        captions=CAPTIONS,
        figures={name: Markup(svg) for name, svg in figures.items()},  # noqa: S704 # its text is escaped
    )


def _piece(text: Text) -> Markup:
    shown = shorten(text.text, LONGEST)
    if text.code:
        length = "short" if len(shown) <= SHORT else "long"
        return Markup('<code class="{} {}">{}</code>').format(text.tone, length, shown or "(empty)")
    if text.strong:
        return Markup('<strong class="{}">{}</strong>').format(text.tone, shown)
    return Markup('<span class="{}">{}</span>').format(text.tone, shown)
