"""The Markdown card escapes names from data."""

import pytest

from lockstep.pipeline.report.card import line, plain
from lockstep.statistics.estimate import Estimate


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b", r"a \| b"),
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ("[x](y) *z* # t", r"\[x\](y) \*z\* \# t"),
        ("`rm`", "'rm'"),
        ("two\nlines", r"two\\nlines"),
        ("orders_count_90d", "orders_count_90d"),
    ],
)
def test_markdown_and_html_are_escaped(text: str, shown: str) -> None:
    assert line(text) == shown


def test_an_estimate_shows_its_interval_or_why_it_is_not_applicable() -> None:
    assert plain(Estimate(value=0.5, low=0.4, high=0.6)) == "0.5000 (0.4000 to 0.6000)"
    assert plain(Estimate(value=0.5)) == "0.5000"
    assert plain(Estimate(not_applicable="no rows")) == "not applicable: no rows"
