"""Formats of numbers, names and sentences on the report page."""

from datetime import datetime, timedelta

import pytest

from lockstep.artifacts.evaluation import Level
from lockstep.params.pipeline.problem import ProblemSpec
from lockstep.pipeline.report import page
from lockstep.pipeline.report.gather.problem import gather, instant
from lockstep.statistics.estimate import Estimate

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "\N{EN DASH}"), (0, "0"), (0.0, "0"), (3, "3"), (3.0, "3"), (12345, "12,345"), (0.25, "0.2500"),
        (-0.25, f"{MINUS}0.2500"), (1e-5, "1e-05"), (1.5e12, "1.5e+12"), (True, "True"), ("gbtree", "gbtree"),
    ],
)  # fmt: skip
def test_numbers_keep_four_significant_digits(value: object, shown: str) -> None:
    assert page.number(value) == shown


def test_an_estimate_shows_its_interval_or_why_it_is_not_applicable() -> None:
    assert page.estimate(Estimate(value=0.5, low=0.4, high=0.6), sign=True) == (
        '+0.5000 <span class="interval">0.4000 to 0.6000</span>'
    )
    assert page.estimate(Estimate(value=-0.5)) == f"{MINUS}0.5000"
    reason = page.estimate(Estimate(not_applicable="<b>none</b>"))
    assert "not applicable" in reason
    assert "&lt;b&gt;none&lt;/b&gt;" in reason


def test_a_name_breaks_after_underscores_and_is_escaped() -> None:
    assert page.breakable("a_b<c>") == "a_<wbr>b&lt;c&gt;"
    assert len(page.short("x" * 500)) == 80


@pytest.mark.parametrize(("value", "shown"), [(None, "\N{EN DASH}"), (0.0, "< 0.0001"), (0.03, "0.0300")])
def test_a_p_value_has_four_decimals(value: float | None, shown: str) -> None:
    assert page.p_value(value) == shown


def test_intervals_of_levels_share_one_scale() -> None:
    def level(low: float | None, value: float | None, high: float | None) -> Level:
        return Level(level="x", rows=50, base_rate=0.5, score=Estimate(value=value, low=low, high=high))

    levels = (level(0.5, 0.6, 0.7), level(0.7, 0.8, 0.9), level(None, None, None))
    assert page.place(levels[0], levels) == {"low": 0, "value": 25, "high": 50}
    assert page.place(levels[1], levels) == {"low": 50, "value": 75, "high": 100}
    assert page.place(levels[2], levels) is None
    assert page.place(levels[0], (level(0.5, 0.5, 0.5),)) == {"low": 0, "value": 10, "high": 20}


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (
            {"task": "binary", "label": {"event": "orders", "measure": "absent", "horizon": "30d"},
             "eligible": {"event": "orders", "within": "1d"}},
            ("Predicts for each id with a row in orders in the 1 day before the cutoff: "
            "no row in orders in the 30 days from the cutoff."),
        ),
        (
            {"task": "regression",
             "label": {"event": "orders", "measure": "sum", "column": "amount", "horizon": timedelta(hours=12)}},
            ("Predicts for each id: the sum of amount over the rows in orders in the 12 hours "
            "from the cutoff."),
        ),
        (
            {"task": "binary", "label": {"column": "Churn", "positive": "Yes"}},
            "Predicts for each id: column Churn is 'Yes'.",
        ),
    ],
)  # fmt: skip
def test_the_problem_is_one_sentence(problem: dict[str, object], sentence: str) -> None:
    spec = ProblemSpec.model_validate({"name": "churn", "entity": "id", **problem})
    assert gather(spec, "folder", None, 1).sentence == sentence


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///data/source/shop.db", "sqlite:///data/source/shop.db"),
        ("postgresql://u:p@ssw@db/x", "postgresql://u:***@db/x"),
        ("postgresql://u:${PASSWORD}@${HOST}/x", "postgresql://u:${PASSWORD}@${HOST}/x"),
        ("${LOCKSTEP_DATA}/telco.csv", "${LOCKSTEP_DATA}/telco.csv"),
    ],
)
def test_the_source_is_shown_as_in_params_yaml_without_a_password(url: str, shown: str) -> None:
    spec = ProblemSpec.model_validate(
        {"name": "churn", "entity": "id", "task": "binary", "label": {"column": "Churn", "positive": "Yes"}}
    )
    assert gather(spec, url, None, 1).source == shown


def test_midnight_is_shown_as_a_date() -> None:
    assert instant(datetime(2025, 6, 30)) == "2025-06-30"
    assert instant(datetime(2025, 6, 30, 12)) == "2025-06-30 12:00:00"
