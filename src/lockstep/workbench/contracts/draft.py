"""Draft a contract from counts and ranges of a table: a pure function.

A draft must not reject tomorrow's rows: no upper bounds, no spans of time, and categories only if there are few and
each is frequent. A check that a few rows break is drafted with a comment: these rows may be dirt.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from lockstep.tables.contract import Type

MOST_CATEGORIES = 20
SIGHTINGS = 20  # rows per category, on average, before the list counts as complete
DIRT = 0.01  # share of rows that may break a check that the others pass

DTYPES: dict[Type, str] = {
    "int64": "int64",
    "float64": "float64",
    "string": "str",
    "bool": "bool",
    "datetime": "datetime64[us]",
}


@dataclass(frozen=True)
class ColumnFacts:
    """Statistics of one column, read as `type`."""

    name: str
    type: Type
    rows: int
    missing: int
    malformed: int
    """Cells that are not values of the type."""
    negative: int = 0
    distinct: int = 0
    categories: tuple[str, ...] = ()
    """All values of a text, sorted, if there are at most `MOST_CATEGORIES`."""


@dataclass(frozen=True)
class TableFacts:
    """Statistics of one table."""

    name: str
    rows: int
    key: str | None
    columns: tuple[ColumnFacts, ...]
    left_out: tuple[str, ...] = ()
    """Columns whose type no contract can have."""


def draft(table: TableFacts) -> str:
    """Return a contract in pandera's YAML format, with comments for the reviewer."""
    lines = [f"# A draft by `lockstep contracts infer`, from {table.rows:,} rows. Review it: it describes the data"]
    lines += ["# seen so far, not the intent. Remove columns that no feature needs; add bounds and texts."]
    lines += [f"# Left out: {_scalar(name)}, of a type that no contract has." for name in table.left_out]
    lines += ["schema_type: dataframe", "api: pandas", f"name: {_scalar(table.name)}", "columns:"]
    for column in table.columns:
        lines += [f"  {_scalar(column.name)}:", *(f"    {line}" for line in _column(column, column.name == table.key))]
    return "\n".join(lines) + "\n"


def _column(facts: ColumnFacts, is_key: bool) -> Iterator[str]:
    malformed = f"  # {facts.malformed:,} cells are not" if facts.malformed else ""
    yield f"dtype: {DTYPES[facts.type]}{malformed}"
    if facts.missing and not is_key:
        yield f"nullable: true  # {facts.missing:,} are missing"
    if is_key:
        repeated = facts.rows - facts.missing - facts.malformed - facts.distinct
        yield "unique: true" + (f"  # {repeated:,} rows repeat one" if repeated else "")
    elif facts.type in ("int64", "float64") and facts.negative <= DIRT * facts.rows and facts.rows > facts.missing:
        yield "greater_than_or_equal_to: 0" + (f"  # {facts.negative:,} are negative" if facts.negative else "")
    elif facts.type == "string" and facts.categories and facts.rows >= SIGHTINGS * len(facts.categories):
        yield f"isin: [{', '.join(map(_scalar, facts.categories))}]"


def _scalar(text: str) -> str:
    """Return a text as YAML on one line, quoted if necessary."""
    dumped = yaml.safe_dump([text], default_flow_style=True, allow_unicode=True, width=10**9)
    return dumped.strip()[1:-1]
