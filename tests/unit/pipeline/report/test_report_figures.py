"""Figures: names are escaped, colours follow the page, ids are unique."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from lockstep.pipeline.report.facts import Cutoff, FeatureDrift, Search, Trial
from lockstep.pipeline.report.figures import canvas, curves, drift, parallel, training
from lockstep.tasks.registry import task
from tests.unit.evaluation.samples import DROP, SCRIPT


def feature(name: str, histogram: dict[str, Any]) -> FeatureDrift:
    return FeatureDrift(name, "number", "drifted", "", 0.5, 0.0, 0.0, 0.0, histogram)


BARS = {
    "labels": [SCRIPT, DROP, "$x^{2}$", "&amp;"],
    "reference": [0.4, 0.3, 0.2, 0.1],
    "current": [0.1, 0.2, 0.3, 0.4],
}
STEPS = {"edges": [0.0, 1.0, 2.0], "reference": [0.4, 0.6], "current": [0.7, 0.3]}


def texts(svg: str) -> list[str]:
    return ["".join(element.itertext()) for element in ET.fromstring(svg).iter("text")]


def test_hostile_levels_are_text_in_the_figure() -> None:
    svg = drift.histogram(feature('"><script>', BARS), 0)
    assert "<script" not in svg
    assert {"<script>alert…", 'x"; DROP TABL…', "$x^{2}$", "&amp;"} <= set(texts(svg))
    assert 'aria-label="Distribution of &quot;&gt;&lt;script&gt;' in svg


def test_two_figures_share_no_id() -> None:
    first, second = (drift.histogram(feature("x", STEPS), number) for number in (0, 1))
    ids = [re.findall(r' id="([^"]*)"', svg) for svg in (first, second)]
    assert ids[0]
    assert not set(ids[0]) & set(ids[1])


@pytest.mark.parametrize("histogram", [BARS, STEPS])
def test_a_figure_is_well_formed_without_addresses_and_with_the_pages_colours(histogram: dict[str, Any]) -> None:
    svg = drift.histogram(feature("x", histogram), 0)
    ET.fromstring(svg)
    assert "http" not in svg
    assert "metadata" not in svg
    assert "var(--blue)" in svg
    assert "var(--orange)" in svg
    for placeholder in canvas.VARIABLES:
        assert placeholder not in svg


def test_matplotlib_settings_of_the_machine_change_nothing() -> None:
    import matplotlib as mpl

    before = drift.histogram(feature("x", STEPS), 0)
    with mpl.rc_context({"axes.labelsize": 30, "xtick.major.size": 20}):
        assert drift.histogram(feature("x", STEPS), 0) == before
        assert mpl.rcParams["xtick.major.size"] == 20  # and the user's settings are unchanged


def test_an_outlier_trial_does_not_flatten_the_others() -> None:
    scores = [0.70, 0.71, 0.72, 0.715, 0.725, 0.73, -50.0]
    trials = (*tuple(Trial(i, score) for i, score in enumerate(scores)), Trial(7, None))
    svg = training.search(Search("xgboost", "roc_auc", True, 0.73, 5, {}, trials))
    ticks = [float(text.replace("\N{MINUS SIGN}", "-")) for text in texts(svg) if re.fullmatch(r".?\d+\.\d+", text)]
    assert ticks
    assert min(ticks) > 0.5


@pytest.mark.parametrize("scores", [[0.5], [0.5, 0.5], [None, 0.5]])
def test_a_search_with_one_score_can_be_drawn(scores: list[float | None]) -> None:
    trials = tuple(Trial(i, score) for i, score in enumerate(scores))
    assert "<svg" in training.search(Search("xgboost", "rmse", False, 0.5, 0, {}, trials))


def searched(*trials: Trial) -> Search:
    return Search("xgboost", "rmse", False, 0.5, 0, trials[0].params, trials)


def test_each_trial_of_the_best_estimator_has_a_line_and_others_have_none() -> None:
    mine = [Trial(i, 0.5 + i if i < 2 else None, 0.5 + i, "xgboost", {"x": 10.0**i, SCRIPT: DROP}) for i in range(3)]
    other, early = (
        Trial(3, 0.1, 0.1, "ridge", {"alpha": 1.0}),
        Trial(4, None, None, "xgboost", {"x": 1.0, SCRIPT: DROP}),
    )
    svg = parallel.parallel(searched(*mine, other, early))
    assert "<script" not in svg
    assert svg.count('style="fill: none; stroke: var(--blue)') == 1
    assert svg.count('style="fill: none; stroke: var(--orange)') == 1
    assert svg.count('style="fill: none; stroke-dasharray') == 1
    assert {"1", "100", "rmse"} <= set(texts(svg))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 10.0, 100.0], [0, 0.5, 1]),
        ([1.0, 2.0, 3.0], [0, 0.5, 1]),
        ([-100.0, 0.0, 100.0], [0, 0.5, 1]),
        (["b", "a", "c"], [0.5, 0, 1]),
        ([True, False], [1, 0]),
        ([5, 5], [0.5, 0.5]),
    ],
)
def test_a_wide_range_has_a_logarithmic_axis(values: list[Any], expected: list[float]) -> None:
    assert parallel.scale("x", values).at.tolist() == pytest.approx(expected)


def test_a_single_trial_has_no_parallel_plot() -> None:
    assert not parallel.can_draw(searched(Trial(0, 0.5, 0.5, "xgboost", {"x": 1.0})))


def test_one_cutoff_and_constant_labels_can_be_drawn() -> None:
    assert "<svg" in training.labels([Cutoff("train", "2025-01-01", 10, 0.3)], share=True)
    assert "<svg" in training.history({"train": [0.5], "valid": [0.5]}, None)
    constant = pd.DataFrame({"predicted": [2.0, 2.0], "actual": [2.0, 2.0]})
    assert "<svg" in curves.scatter(constant)
    point = pd.DataFrame({"predicted": [0.3], "observed": [0.3], "low": [0.2], "high": [0.4], "rows": [9]})
    assert "<svg" in curves.calibration(point, task("binary"))


@pytest.mark.parametrize("name", ["#010101", 'a id="x"', "url(#a)", "font: 9px serif;"])
def test_a_name_that_looks_like_svg_markup_is_shown_unchanged(name: str) -> None:
    with canvas.drawing("odd", "odd", 3, 3, (0.5, 0.5, 0.5, 0.5)) as figure:
        figure.axes.set_xlabel(name)
    assert name in texts(figure.svg)
