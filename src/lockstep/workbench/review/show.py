"""A review on the terminal."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Drawn
from rich.text import Text as Rich

from lockstep.core.errors import shorten
from lockstep.workbench.review.outline.blocks import Line, Section, Table

STYLES = {"good": "green", "bad": "red", "warning": "yellow", "muted": "dim", "plain": ""}
CELL = 60  # characters of a name or value in a table
WIDE = 400  # characters of other texts
ROWS = 30  # per table; Markdown and the page have more


def show(sections: tuple[Section, ...], console: Console) -> None:
    """Print the outline; of tables that Markdown and the page fold, only the titles."""
    opening, *others = sections
    for line in opening.lines:
        console.print(_line(line, WIDE))
    for section in others:
        console.print()
        console.print(Rich(section.title, style="bold"))
        for line in section.lines:
            console.print(Padding(_line(line, WIDE), (0, 0, 0, 2)))
        for table in section.tables:
            if table.fold is None:
                short = table.cut(ROWS)
                console.print(Padding(_drawn(short), (0, 0, 0, 2)))
                if short.more:
                    console.print(Rich(f"  and {short.more:,} more", style="dim"))
    folded = [table.fold for section in others for table in section.tables if table.fold]
    if folded:
        console.print()
        console.print(Rich(f"More with --md or --to: {'; '.join(folded)}", style="dim"))


def _drawn(table: Table) -> Drawn:
    drawn = Drawn(box=None, pad_edge=False, padding=(0, 2), header_style="dim", collapse_padding=True)
    for column in table.columns:
        drawn.add_column(Rich(column.title), justify="right" if column.numeric else "left", overflow="fold")
    for row in table.rows:
        drawn.add_row(*(_line(cell, CELL) for cell in row))
    return drawn


def _line(line: Line, width: int) -> Rich:
    found = Rich()
    for text in line:
        style = STYLES[text.tone] or ("cyan" if text.code else "")
        found.append(
            shorten(text.text, width if text.code else WIDE), style=f"bold {style}".strip() if text.strong else style
        )
    return found
