"""Reviews as Markdown, compared with golden/*.md."""

from pathlib import Path

import pytest

from lockstep.workbench.review.markdown import LIMIT, markdown
from lockstep.workbench.review.outline.outline import outline
from tests.unit.workbench.review import reviews
from tests.unit.workbench.review.judge import MADE, rendered

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", ["better", "hostile", "incomparable"])
def test_a_review_equals_its_golden_file(name: str) -> None:
    made = markdown(outline(getattr(reviews, name)()), ["plots/roc.svg"])
    assert made == (GOLDEN / f"{name}.md").read_text("utf-8")


def test_a_hostile_review_adds_no_html_element() -> None:
    text = (GOLDEN / "hostile.md").read_text("utf-8")
    page = rendered(text)
    assert page.elements == MADE
    assert {value for _, _, value in page.attributes} <= {"text-align:right"}
    assert len(text) < LIMIT
    for hidden in ("\x1b", "\u202e", "secrets.TOKEN"):
        assert (hidden in page.text) == (hidden == "secrets.TOKEN")
