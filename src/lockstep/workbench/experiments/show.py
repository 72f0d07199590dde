"""A table of results for a terminal, a comment, or a spreadsheet."""

import csv
import io

from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from lockstep.core.errors import shorten
from lockstep.workbench.experiments.table import Table

BEST = "*"
CELL = 40  # characters
FEW = 4  # at most this many results are shown as columns
FORMULA = ("=", "+", "-", "@", "\t")
"""First characters of a cell that a spreadsheet would evaluate."""


def show(table: Table, console: Console) -> None:
    """Print few results side by side, many below each other; the best is marked."""
    drawn = Drawn(box=None, pad_edge=False, header_style="bold")
    drawn.add_column("", no_wrap=True)
    if len(table.rows) <= FEW:
        _side_by_side(table, drawn)
    else:
        _below_each_other(table, drawn)
    console.print(drawn)


def _side_by_side(table: Table, drawn: Drawn) -> None:
    for row in table.rows:
        drawn.add_column(Text(_headed(row.name, best=row.best)), justify="right", overflow="fold")
    for number, column in enumerate(table.columns):
        cells = [Text(shorten(row.cells[number], CELL), style="bold" if row.best else "") for row in table.rows]
        drawn.add_row(Text(shorten(column, CELL), style="dim"), *cells)


def _below_each_other(table: Table, drawn: Drawn) -> None:
    for column in table.columns:
        drawn.add_column(Text(shorten(column, CELL)), justify="right", overflow="fold")
    for row in table.rows:
        cells = [Text(shorten(cell, CELL)) for cell in row.cells]
        drawn.add_row(Text(_headed(row.name, best=row.best)), *cells, style="bold" if row.best else "")


def as_markdown(table: Table) -> str:
    """Return a Markdown table; markup in names is escaped."""
    lines = [["", *(_headed(row.name, best=row.best) for row in table.rows)]]
    lines += [[column, *(row.cells[number] for row in table.rows)] for number, column in enumerate(table.columns)]
    body = [f"| {' | '.join(_escaped(cell) for cell in line)} |" for line in lines]
    rule = f"|{' --- |' * len(lines[0])}"
    return "\n".join([body[0], rule, *body[1:]]) + "\n"


def as_csv(table: Table) -> str:
    """Return one result a line, for a spreadsheet; no cell is a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["name", "best", *table.columns])
    for row in table.rows:
        writer.writerow([_inert(row.name), BEST if row.best else "", *(_inert(cell) for cell in row.cells)])
    return stream.getvalue()


def _headed(name: str, *, best: bool) -> str:
    return f"{shorten(name, CELL)}{f' {BEST}' if best else ''}"


def _escaped(text: str) -> str:
    """Return a text as a cell of Markdown: neither HTML, nor a link, nor the end of the cell."""
    line = shorten(text, CELL).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#!|~" else c for c in line)


def _inert(text: str) -> str:
    numeric = text.removeprefix("-").replace(".", "", 1).isdecimal()
    return f"'{text}" if text.startswith(FORMULA) and not numeric and text != "-" else text
