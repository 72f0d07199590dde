"""Names and values are escaped on the terminal."""

import io
import itertools
import unicodedata
from typing import Any

import pytest
from rich.console import Console

from lockstep.workbench.review.outline.blocks import Section, line, table
from lockstep.workbench.review.outline.outline import outline
from lockstep.workbench.review.show import ROWS, show
from tests.unit.workbench.review import reviews


def shown(sections: tuple[Any, ...], width: int = 80) -> str:
    out = io.StringIO()
    show(sections, Console(file=out, width=width, force_terminal=False, color_system=None))
    return out.getvalue()


@pytest.mark.parametrize("width", [20, 80, 200])
def test_no_control_character_reaches_the_terminal(width: int) -> None:
    text = shown(outline(reviews.hostile()), width)
    assert not [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")]
    assert all(len(row) <= width for row in text.splitlines())


def test_names_cannot_set_colours() -> None:
    out = io.StringIO()
    show(outline(reviews.hostile()), Console(file=out, width=80, force_terminal=True, color_system="standard"))
    plain = out.getvalue()
    for ours in ("0", "1", "2", "31", "32", "33", "36", "1;31", "1;32", "1;33"):
        plain = plain.replace(f"\x1b[{ours}m", "")
    assert "\x1b" not in plain


def test_names_that_look_like_the_terminals_markup_are_shown() -> None:
    assert "[bold red]x[/]" in shown((Section("V", (line("[bold red]x[/] :smile:"),)),))
    assert ":smile:" in shown((Section("V"), Section("P", (), (table(("c",), [(":smile: [b]",)]),))))


def test_no_character_is_lost_at_eighty_columns() -> None:
    """Cells are folded, not cut: every character of each is there, in the order of its column."""
    keys = [f"features.aggregates.orders.column_number_{number}.of_a_long_name" for number in range(3)]
    rows = [
        (key, "123456789.123456789", "-987654321.987654", "label definition", "words " * 20 + "end") for key in keys
    ]
    text = shown((Section("V"), Section("P", (), (table(("key", "old", "new", "kind", "meaning"), rows),))))
    assert "…" not in text
    head, *body = text.splitlines()[2:]
    starts = [head.index(title) for title in ("key", "old", "new", "kind", "meaning")]
    for place, (start, end) in enumerate(itertools.pairwise([*starts, None])):
        cells = "".join(row[start:end].strip() for row in body)
        assert cells.replace(" ", "") == "".join(row[place] for row in rows).replace(" ", "")


def test_a_long_table_says_how_many_rows_are_left() -> None:
    rows = [(f"key {number}",) for number in range(1000)]
    assert f"and {1000 - ROWS} more" in shown((Section("V"), Section("P", (), (table(("key",), rows),))))
