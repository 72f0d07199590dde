"""The page is self-contained; names and values add no element and no attribute."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.core.errors import shorten
from lockstep.workbench.review import figures
from lockstep.workbench.review.outline.blocks import Section, Text, line, table
from lockstep.workbench.review.outline.outline import outline
from lockstep.workbench.review.page import LONGEST, page
from lockstep.workbench.review.review import Review
from tests.unit.workbench.review import reviews
from tests.unit.workbench.review.judge import Page, seen


def drawn(review: Review) -> dict[str, str]:
    return {"importances": figures._importances(review.results.old, review.results.new)}


@pytest.fixture(scope="module")
def hostile() -> Page:
    review = reviews.hostile()
    return Page(page(outline(review), drawn(review), '"><script>alert(1)</script>'))


@pytest.fixture(scope="module")
def harmless() -> Page:
    review = reviews.better()
    return Page(page(outline(review), drawn(review), "main to head"))


def test_a_hostile_review_adds_no_element_and_no_attribute(hostile: Page, harmless: Page) -> None:
    assert hostile.elements <= harmless.elements
    assert not hostile.elements & {"script", "img", "iframe", "object", "link", "base"}
    names = {name for _, name, _ in hostile.attributes}
    assert names <= {name for _, name, _ in harmless.attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not hostile.comments


def test_every_hostile_text_is_shown_unchanged(hostile: Page) -> None:
    for text in reviews.HOSTILE:
        assert shorten(text) in hostile.text
    assert "\x1b" not in hostile.text
    assert "\u202e" not in hostile.text


def test_the_page_is_self_contained(hostile: Page, harmless: Page) -> None:
    for found in (hostile, harmless):
        links = [
            value for _, name, value in found.attributes if name in ("href", "src", "xlink:href", "action", "srcset")
        ]
        assert all(link.startswith("#") for link in links)
        styles = [value for _, name, value in found.attributes if name == "style"]
        assert not any("//" in style or "import" in style for style in styles)


TEXTS = st.one_of(st.sampled_from(reviews.HOSTILE), st.text(max_size=30))


@settings(max_examples=25, deadline=None)
@given(TEXTS, st.booleans(), st.booleans())
def test_any_text_is_shown_unchanged(text: str, code: bool, strong: bool) -> None:
    piece = Text(text, code=code, strong=strong)
    found = Page(page((Section("S", (line(piece),), (table(("c",), [(piece,)], "fold"),)),), {}, text))
    short = shorten(text, LONGEST)
    assert seen(found.cells[-1]) == seen(short or ("(empty)" if code else ""))
    assert found.elements <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "h1",
        "h2",
        "p",
        "nav",
        "a",
        "main",
        "section",
        "details",
        "summary",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "strong",
        "span",
        "footer",
    }


def test_feature_names_are_escaped_in_the_figure_and_its_file() -> None:
    svg = drawn(reviews.hostile())["importances"]
    for text in (svg, figures.standalone(svg)):
        root = ET.fromstring(text)
        said = "\n".join("".join(one.itertext()) for one in root.iter() if one.tag.rpartition("}")[2] == "text")
        for name in reviews.HOSTILE[:9]:
            assert shorten(name, figures.LONGEST) in said
        tags = {one.tag.rpartition("}")[2] for one in root.iter()}
        assert tags <= {"svg", "g", "path", "defs", "use", "text", "style", "clipPath", "rect"}
        assert "<!--" not in text
    assert not re.search(r"(?:href|src)=\"(?!#)", svg)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_a_figure_that_cannot_be_drawn_is_reported_and_the_review_goes_on() -> None:
    review = reviews.better()
    side = review.results.new
    huge = tuple(
        one.model_copy(update={"permuted": number})
        for one, number in zip(side.importances, (1.7e308, -1.7e308), strict=True)
    )
    results = review.results.model_copy(update={"new": side.model_copy(update={"importances": huge})})
    gone = []
    found = figures._tried("importances", lambda: figures._importances(results.old, results.new), gone)
    assert found.startswith("<svg") if found else "figure importances cannot be drawn" in gone[0]
