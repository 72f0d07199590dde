"""The card's Markdown: names from data stay text."""

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
def test_what_would_be_more_than_text_is_escaped(text, shown):
    assert line(text) == shown


def test_an_estimate_has_its_interval_or_its_reason():
    assert plain(Estimate(value=0.5, low=0.4, high=0.6)) == "0.5000 (0.4000 to 0.6000)"
    assert plain(Estimate(value=0.5)) == "0.5000"
    assert plain(Estimate(not_applicable="no rows")) == "not applicable: no rows"
