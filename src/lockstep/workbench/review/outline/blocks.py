"""Building blocks of an outline: sections, lines, tables and texts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lockstep.statistics.estimate import Estimate

Tone = Literal["plain", "good", "bad", "warning", "muted"]
NOTHING, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Text:
    """A piece of text; `code` for text from files: keys, values, paths, branches."""

    text: str
    tone: Tone = "plain"
    code: bool = False
    strong: bool = False


Line = tuple[Text, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    title: str
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells, each a line; `fold` is the title of a folded table."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Line, ...], ...]
    fold: str | None = None
    more: int = 0
    """Number of rows that are not shown."""

    def cut(self, most: int) -> "Table":
        """Return the table with at most `most` rows."""
        left = len(self.rows) - most
        return self if left <= 0 else Table(self.columns, self.rows[:most], self.fold, self.more + left)


@dataclass(frozen=True)
class Section:
    """A titled section; `figures` are names of its figures."""

    title: str
    lines: tuple[Line, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[str, ...] = ()


def line(*parts: Text | str) -> Line:
    """Return a line of texts."""
    return tuple(Text(part) if isinstance(part, str) else part for part in parts)


def code(text: object, tone: Tone = "plain") -> Text:
    """Return text from a file, as code."""
    return Text(str(text), tone, code=True)


def codes(texts: Sequence[str], most: int) -> Line:
    """Return the first `most` names, and the number of the others."""
    parts: list[Text | str] = []
    for text in texts[:most]:
        parts += [*([", "] if parts else []), code(text)]
    left = len(texts) - most
    return line(*parts, *([f" and {left} more"] if left > 0 else []))


def table(columns: Iterable[str], rows: Iterable[Sequence[Line | Text | str]], fold: str | None = None) -> Table:
    """Return a table; `#` before a title marks a numeric column."""
    titles = tuple(Column(title.removeprefix("#"), title.startswith("#")) for title in columns)
    return Table(titles, tuple(tuple(_cell(cell) for cell in row) for row in rows), fold)


def _cell(cell: Line | Text | str) -> Line:
    return cell if isinstance(cell, tuple) else line(cell)


def counted(number_: int, noun: str, plural: str | None = None) -> str:
    """Return `1 rule` or `2 rules`."""
    return f"{number_:,} {noun if number_ == 1 else plural or noun + 's'}"


def level_name(level: str | None) -> str:
    """Return the name of a level of a segment."""
    return "(missing)" if level is None else level


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with `digits` decimals; a dash for None."""
    if value is None:
        return NOTHING
    # An int may be too large for a float.
    return (f"{value:,}" if isinstance(value, int) and not digits else f"{value:,.{digits}f}").replace("-", MINUS)


def signed(value: float | None, digits: int = 4) -> str:
    """Return a difference with its sign."""
    return NOTHING if value is None else f"{value:+,.{digits}f}".replace("-", MINUS)


def interval(found: Estimate) -> str:
    """Return the interval of a difference."""
    return NOTHING if found.low is None or found.high is None else f"{signed(found.low)} to {signed(found.high)}"


def tone(gain: Estimate) -> Tone:
    """Return good or bad if the interval of a gain is above or below 0, else plain."""
    if gain.low is not None and gain.low > 0:
        return "good"
    return "bad" if gain.high is not None and gain.high < 0 else "plain"
