"""A review as Markdown for a pull request; names and values are escaped."""

import re
from collections.abc import Iterable, Sequence

from lockstep.core.errors import shorten
from lockstep.workbench.review.outline.blocks import Line, Section, Table, Text

MARKER = "<!-- lockstep review -->"
"""First line of the comment, by which CI finds and updates it."""
LIMIT = 60_000  # bytes; a GitHub comment takes 65,536 characters, and CI adds a line
ROWS = (200, 100, 50, 25, 10, 5)
"""Maximum rows of a table: the first of these with which the comment fits."""
LONG = 25
"""A table with more rows is folded."""
CELL = 120  # characters
MARKS = {"bad": "❌ ", "warning": "⚠️ ", "good": "✅ "}
"""Tone -> mark of a line; the first that applies. A better model with failed gates gets no tick."""
UNSEEN = "\N{ZERO WIDTH SPACE}"
MARKUP = str.maketrans({c: f"&#{ord(c)};" for c in f"\\`*_[]|~<>&@#${UNSEEN}"})
CALL = re.compile(r"[@#](?=\w)|\bGH-(?=\d)", re.IGNORECASE)
"""Mentions of a user or a thread; split, because GitHub finds them even in entities."""
BLOCK = re.compile(r"[-+]|\d+[.)]")
"""Start of a list or a rule."""
LINK = re.compile(r":(?=//)|www\.", re.IGNORECASE)
"""Start of a link; its last character is encoded."""
PLAIN = re.compile(r"[A-Za-z0-9 _.,:;/+\-\[\]{}()\"'=%$*!?^\u2026-]*")
"""Text that a code span shows unchanged: no backtick, no pipe, no angle bracket, no @."""


def markdown(sections: Sequence[Section], figures: Iterable[str] = ()) -> str:
    """Return a review that fits a comment; long tables are cut.

    Args:
        sections: of the outline, the verdict first.
        figures: names of the figure files.
    """
    names = tuple(figures)
    for rows in ROWS:
        text = _whole(sections, names, rows)
        if len(text.encode()) <= LIMIT:
            return text
    left = text.encode()[: LIMIT - 100].decode(errors="ignore").rpartition("\n")[0]
    end = "\n\n</details>" if left.count("<details>") > left.count("</details>") else ""
    return f"{left}{end}\n\n… cut; see review.html for the rest.\n"


def _whole(sections: Sequence[Section], figures: Sequence[str], rows: int) -> str:
    opening, *others = sections
    parts = [MARKER, "### Lockstep review", *_lines(opening, marked=True)]
    for section in others:
        parts += [f"#### {escape(section.title)}", *_lines(section), *(_table(one.cut(rows)) for one in section.tables)]
    if figures:
        parts += ["Figures, in the job's artifacts: " + ", ".join(f"`{name}`" for name in figures)]
    return "\n\n".join(parts) + "\n"


def _lines(section: Section, *, marked: bool = False) -> list[str]:
    return [(_mark(line) if marked else "") + _paragraph(line) for line in section.lines]


def _paragraph(line: Line) -> str:
    text = _line(line).strip()
    begins = BLOCK.match(text)
    return _coded_last(begins) + text[begins.end() :] if begins else text


def _mark(line: Line) -> str:
    tones = {text.tone for text in line}
    return next((mark for tone, mark in MARKS.items() if tone in tones), "")


def _line(line: Line, width: int = 10 * CELL) -> str:
    return "".join(_text(text, width) for text in line)


def _text(text: Text, width: int) -> str:
    shown = shorten(text.text, width)
    if text.code:
        return code(shown)
    escaped = escape(shown)
    inner = escaped.strip()
    return escaped.replace(inner, f"**{inner}**", 1) if text.strong and inner else escaped


def _table(table: Table) -> str:
    head = [" | ".join(escape(shorten(column.title, CELL)) or " " for column in table.columns)]
    rule = [" | ".join("---:" if column.numeric else "---" for column in table.columns)]
    body = [" | ".join(_cell(cell) for cell in row) for row in table.rows]
    text = "\n".join(f"| {row} |" for row in (*head, *rule, *body))
    if table.more:
        text += f"\n\n… and {table.more:,} more"
    total = len(table.rows) + table.more
    fold = table.fold or (f"{total:,} rows" if total > LONG else None)
    return f"<details><summary>{escape(fold)}</summary>\n\n{text}\n\n</details>" if fold else text


def _cell(cell: Line) -> str:
    # A code span in a table ends at a pipe; `code` encodes pipes.
    return _line(cell, CELL) or " "


def escape(text: str) -> str:
    """Return a text with all markup escaped: HTML, links, mentions, references, ends of cells."""
    torn = CALL.sub(lambda found: found[0] + UNSEEN, text)
    return LINK.sub(_coded_last, torn.translate(MARKUP))


def _coded_last(found: re.Match[str]) -> str:
    return f"{found[0][:-1]}&#{ord(found[0][-1])};"


def code(text: str) -> str:
    """Return a text as code, whatever characters it has."""
    if not text:
        return "`(empty)`"
    if PLAIN.fullmatch(text) and text == text.strip():  # a code span loses spaces at its ends
        return f"`{text}`"
    return "<code>" + "".join(c if c.isalnum() or c == " " else f"&#{ord(c)};" for c in text) + "</code>"
