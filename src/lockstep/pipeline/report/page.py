"""Render facts and figures as one self-contained HTML file."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lockstep.artifacts.evaluation import Level
from lockstep.core.errors import shorten
from lockstep.pipeline.report.facts import Facts
from lockstep.pipeline.report.figures import curves, dependence, drift, parallel, training
from lockstep.statistics.estimate import Estimate

LONGEST = 80  # characters of a name
REJECTS_SHOWN = 10  # reasons
FEATURES_SHOWN = 15  # by importance
HISTOGRAMS_SHOWN = 12  # of drifted features
SMALL, LARGE = 1e-3, 1e9  # beyond these, numbers are shown in powers of ten

NOTHING, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"

Curves = Mapping[str, pd.DataFrame]


def render(facts: Facts, points: Curves) -> str:
    """Return the page.

    Args:
        facts: the content.
        points: curve name -> its points, as `evaluate` writes them.
    """
    return fill("page.html.j2", facts, points)


def fill(name: str, facts: Facts, points: Curves, **values: Any) -> str:
    """Return an HTML template filled with facts, figures and other values."""
    environment = templates(autoescape=True)  # names of tables and categories come from data
    environment.globals["place"] = place
    style = environment.get_template("style.css").render()
    page = environment.get_template(name).render(
        facts=facts,
        style=Markup(style),  # noqa: S704 # our own file
        dependence=dependence.names(points["dependence"]),
        figures={name: Markup(svg) for name, svg in figures(facts, points).items()},  # noqa: S704 # its text is escaped
        features_shown=FEATURES_SHOWN,
        histograms_shown=HISTOGRAMS_SHOWN,
        rejects_shown=REJECTS_SHOWN,
        **values,
    )
    return re.sub(r"\n\s*\n+", "\n", page)


def templates(*, autoescape: bool) -> Environment:
    """Return the templates of the report, with filters that format numbers."""
    environment = Environment(
        loader=PackageLoader("lockstep.pipeline.report"),
        autoescape=autoescape,  # noqa: S701 # Markdown is escaped by `card.line`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": count, "number": number, "fixed": fixed, "percent": percent}
    environment.filters |= {"estimate": estimate, "p": p_value, "breakable": breakable, "short": short}
    return environment


def figures(facts: Facts, points: Curves) -> dict[str, str]:
    """Return name -> SVG of every figure with something to draw."""
    kind, linear = facts.evaluation.kind, list(facts.evaluation.main_score.baselines)[-1]
    drawn: dict[str, str] = {}
    if len(points["roc"]):
        drawn["roc"] = curves.roc(points["roc"], points["roc_baseline"], linear)
        pair = points["pr"], points["pr_baseline"]
        drawn["pr"] = curves.precision_recall(*pair, linear, facts.evaluation.base_rate)
    if len(points["calibration"]):
        drawn["calibration"] = curves.calibration(points["calibration"], kind)
    if len(points["scatter"]):
        drawn["scatter"] = curves.scatter(points["scatter"])
    if facts.evaluation.decision and len(points["thresholds"]):
        drawn["costs"] = curves.costs(points["thresholds"], facts.evaluation.decision.threshold)
    for number, name in enumerate(dependence.names(points["dependence"])):
        drawn[f"dependence{number}"] = dependence.dependence(points["dependence"], name, number)
    if facts.features and facts.features.cutoffs:
        drawn["labels"] = training.labels(facts.features.cutoffs, share=kind.label == "boolean")
    return drawn | _training(facts) | _histograms(facts)


def _training(facts: Facts) -> dict[str, str]:
    """Return the figures of the search and of the training."""
    drawn: dict[str, str] = {}
    if facts.search and any(trial.score is not None for trial in facts.search.trials):
        drawn["search"] = training.search(facts.search)
    if facts.search and parallel.can_draw(facts.search):
        drawn["parallel"] = parallel.parallel(facts.search)
    if facts.model and any(facts.model.history.values()):
        drawn["history"] = training.history(facts.model.history, facts.model.rounds)
    if facts.model and facts.model.learning and len(facts.model.learning.curve) > 1:
        drawn["learning"] = training.learning(facts.model.learning, facts.evaluation.main_score.title)
    return drawn


def _histograms(facts: Facts) -> dict[str, str]:
    if facts.drift is None:
        return {}
    series = [*([facts.drift.score] if facts.drift.score else []), *facts.drift.features]
    drifted = [one for one in series if one.status == "drifted" and one.histogram][:HISTOGRAMS_SHOWN]
    return {f"drift{number}": drift.histogram(one, number) for number, one in enumerate(drifted)}


def count(value: int | float | None) -> str:
    """Return 12,345; a dash for None."""
    return NOTHING if value is None else f"{value:,.0f}"


def number(value: Any, digits: int = 4) -> str:
    """Return a number with `digits` significant digits; other values as text."""
    if value is None:
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or (value.is_integer() and abs(value) < LARGE):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}" if not SMALL < abs(value) < LARGE else fixed(value, digits)


def fixed(value: float | None, digits: int = 4) -> str:
    """Return a number with a fixed number of decimals, so that columns align."""
    return NOTHING if value is None else f"{value:,.{digits}f}".replace("-", MINUS)


def percent(value: float | None, digits: int = 1) -> str:
    """Return 12.3%."""
    return NOTHING if value is None else f"{value * 100:.{digits}f}%"


def p_value(value: float | None) -> str:
    """Return a p-value with four decimals, or `< 0.0001`."""
    if value is None:
        return NOTHING
    return "< 0.0001" if value < 1e-4 else f"{value:.4f}"  # noqa: PLR2004 # the digits shown


def breakable(name: str) -> Markup:
    """Return a name that a narrow column may break only after an underscore."""
    return Markup("_<wbr>").join(shorten(name, LONGEST).split("_"))


def short(name: str) -> str:
    """Return a name on one line, cut if it is long."""
    return shorten(name, LONGEST)


def estimate(value: Estimate, sign: bool = False) -> Markup:
    """Return a value with its interval, or why it is not applicable."""
    if value.value is None:
        return Markup('<span class="na">not applicable</span> <span class="interval">{}</span>').format(
            value.not_applicable
        )
    shown = ("+" if sign and value.value > 0 else "") + fixed(value.value)
    if value.low is None or value.high is None:
        return Markup("{}").format(shown)
    return Markup('{} <span class="interval">{} to {}</span>').format(shown, fixed(value.low), fixed(value.high))


def place(level: Level, levels: tuple[Level, ...]) -> dict[str, float] | None:
    """Return a level's interval in percent of the common scale of all levels; None if it has none."""
    ends = [end for one in levels for end in (one.score.low, one.score.high) if end is not None]
    score = level.score
    if score.value is None or score.low is None or score.high is None:
        return None
    low, width = min(ends), (max(ends) - min(ends)) or 1.0
    return {name: round(100 * (getattr(score, name) - low) / width, 2) for name in ("low", "value", "high")}
