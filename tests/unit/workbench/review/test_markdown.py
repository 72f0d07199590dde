"""Names and values are escaped in Markdown; a review fits a comment."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.core.errors import shorten
from lockstep.workbench.review.markdown import CELL, LIMIT, MARKER, code, escape, markdown
from lockstep.workbench.review.outline.blocks import Column, Section, Table, Text, line, table
from tests.unit.workbench.review.judge import MADE, rendered, seen

NASTY = (
    "<script>alert(1)</script>",
    "a | b",
    "`",
    "``",
    "```",
    "a\nb",
    "\u202eevil",
    "@octocat",
    "&#64;octocat",
    "#123",
    "GH-12",
    "o/r#1",
    "https://evil.example",
    "www.evil.example",
    "HTTP://x",
    "me@evil.example",
    "-->",
    "<!-- lockstep review -->",
    "![x](y)",
    "[x](javascript:alert(1))",
    "**b**",
    "_i_",
    "~~s~~",
    "\\",
    "\\`",
    "&lt;",
    "&",
    "&amp;amp;",
    "</details>",
    "</code>",
    "$x$",
    "$`x`$",
    ":smile:",
    " lead",
    "trail ",
    "  ",
    "",
    "1. a",
    "1) a",
    "- a",
    "+ a",
    "* a",
    "---",
    "===",
    "# h",
    "> q",
    "    indented",
    "\x1b[31mred",
    "\r",
    "\0",
    "\u200b",
    "|",
    "||",
    "[^1]",
    "xmpp:a@b",
    "é@ü",
    "\ud800",
)
TEXTS = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=40), st.lists(st.sampled_from(NASTY), max_size=4).map("".join)
)
PIECES = st.one_of(TEXTS.map(Text), TEXTS.map(lambda text: Text(text, code=True)))


def shown(piece: Text, width: int = CELL) -> str:
    short = shorten(piece.text, width)
    return (short or "(empty)") if piece.code else short


@given(TEXTS)
def test_a_text_is_shown_unchanged_without_markup(text: str) -> None:
    short = shorten(text)
    page = rendered(f"x {escape(short)} y")
    assert seen(page.text) == seen(f"x {short} y")
    assert page.elements <= {"p"}
    assert not page.comments


@given(TEXTS)
def test_no_character_of_markup_is_left_in_a_text(text: str) -> None:
    escaped = escape(shorten(text))
    assert not set("<>|`\\*_[]~@$\n") & set(escaped)
    assert "://" not in escaped
    assert not re.search(r"www\.", escaped, re.IGNORECASE)


@given(TEXTS)
def test_no_mention_address_or_reference_remains_when_entities_are_decoded(text: str) -> None:
    """GitHub looks for users and threads in what a renderer made, where `&#64;` is an @ again; not in code."""
    page = rendered(f"x {escape(shorten(text))} y")
    assert not re.search(r"[@#]\w|\bGH-\d", page.text, re.IGNORECASE)


@given(TEXTS)
def test_code_is_shown_unchanged(text: str) -> None:
    short = shorten(text)
    page = rendered(f"x {code(short)} y")
    assert seen(page.text) == seen(f"x {short or '(empty)'} y")
    assert page.elements == {"p", "code"}
    assert code(short).count("`") in (0, 2)


@given(st.lists(st.lists(PIECES, min_size=2, max_size=2), max_size=3), TEXTS)
def test_a_table_has_the_cells_that_it_was_given(rows: list[list[Any]], title: str) -> None:
    given_rows = tuple(tuple(line(piece) for piece in row) for row in rows)
    drawn = Table((Column(f"t{title}"), Column("number", numeric=True)), given_rows)
    page = rendered(markdown((Section("Verdict"), Section("Params", tables=(drawn,)))))
    expected = [f"t{shorten(f't{title}', CELL)[1:]}", "number", *(shown(piece) for row in rows for piece in row)]
    assert [seen(cell) for cell in page.cells] == [seen(cell) for cell in expected]
    assert page.elements <= MADE
    assert {value for _, _, value in page.attributes} <= {"text-align:right"}


@given(st.lists(TEXTS, min_size=1, max_size=3), st.booleans())
def test_a_line_is_one_paragraph_whatever_its_first_characters(texts: list[Any], opening: bool) -> None:
    sections = (Section("Verdict", tuple(line(text) for text in texts) if opening else ()),)
    sections += () if opening else (Section("Data", tuple(line(text) for text in texts)),)
    page = rendered(markdown(sections))
    assert page.elements <= {"h3", "h4", "p"}
    said = seen(page.text).removeprefix("Lockstep review").strip().removeprefix("" if opening else "Data").strip()
    assert said == seen(" ".join(shorten(text, 10 * CELL) for text in texts))


@given(st.lists(PIECES, max_size=6))
def test_the_marker_is_only_the_first_line(pieces: list[Any]) -> None:
    rows = tuple((line(piece),) for piece in pieces)
    sections = (
        Section("Verdict", (line(*pieces),)),
        Section("Params", (line(*pieces),), (Table((Column("x"),), rows),)),
    )
    text = markdown(sections)
    assert text.splitlines()[0] == MARKER
    assert text.count(MARKER) == text.count("<!--") == 1


def test_a_huge_table_is_cut_and_says_how_many_rows_are_left() -> None:
    rows = [(f"train.params.key_{number}", "1", "2") for number in range(10_000)]
    levels = [(f"level {number}", "0.1") for number in range(10_000)]
    folded = table(("level", "#gain"), levels, "Segments: 10,000 levels")
    text = markdown(
        (
            Section("Verdict", (line("Better"),)),
            Section("Params", tables=(table(("key", "old", "new"), rows),)),
            Section("Model", tables=(folded,)),
        )
    )
    assert len(text.encode()) <= LIMIT
    left = [int(number.replace(",", "")) for number in re.findall(r"… and ([\d,]+) more", text)]
    assert sum(left) + text.count("| train.") + text.count("| level ") - 1 == 20_000
    assert rendered(text).elements <= MADE


@pytest.mark.parametrize(
    "piece", ["\N{PILE OF POO}" * 200, "|" * 200, "<" * 200, "\u8a9e" * 200], ids=["emoji", "pipes", "angles", "words"]
)
def test_a_review_that_is_still_too_long_is_cut_with_a_note_and_no_open_element(piece: str) -> None:
    cells = [[Text(piece, code=True)] * 8 for _ in range(50)]
    tables = tuple(table("abcdefgh", cells, "Segments: 50 levels") for _ in range(9))
    text = markdown((Section("Verdict", (line(piece),) * 5), Section("Model", tables=tables)), ["plots/roc.svg"])
    assert len(text.encode()) <= LIMIT
    assert text.endswith("\n\n… cut; see review.html for the rest.\n")
    assert text.count("<details>") == text.count("</details>")
    assert rendered(text).text.rstrip().endswith("see review.html for the rest.")
