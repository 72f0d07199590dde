"""The model card (Mitchell et al., Model Cards for Model Reporting, 2019), as a page and as Markdown."""

import re

from lockstep.core.errors import shorten
from lockstep.params.pipeline.card import CardSpec
from lockstep.pipeline.report.facts import Facts
from lockstep.pipeline.report.limits import limits
from lockstep.pipeline.report.page import Curves, fill, fixed, templates
from lockstep.statistics.estimate import Estimate

SPECIAL = re.compile(r"([\\*\[\]<>|#])")
"""Characters that Markdown, or HTML in it, does not read as text."""


def html(facts: Facts, points: Curves, card: CardSpec) -> str:
    """Return the card as a self-contained page."""
    return fill("card.html.j2", facts, points, card=card, limits=limits(facts))


def markdown(facts: Facts, card: CardSpec) -> str:
    """Return the card as Markdown; names from data are escaped."""
    environment = templates(autoescape=False)
    environment.filters |= {"line": line, "plain": plain}
    text = environment.get_template("card.md.j2").render(facts=facts, card=card, limits=limits(facts))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def line(text: object) -> str:
    """Return text on one line, escaped for Markdown."""
    # A backtick cannot be escaped in a code span.
    escaped = SPECIAL.sub(r"\\\1", shorten(text).replace("`", "'"))
    return escaped.replace(r"\<", "&lt;").replace(r"\>", "&gt;")


def plain(estimate: Estimate) -> str:
    """Return a value with its interval, or why it is not applicable."""
    if estimate.value is None:
        return f"not applicable: {line(estimate.not_applicable)}"
    if estimate.low is None or estimate.high is None:
        return fixed(estimate.value)
    return f"{fixed(estimate.value)} ({fixed(estimate.low)} to {fixed(estimate.high)})"
