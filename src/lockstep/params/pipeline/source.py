"""Section `source`: location of the tables, and as_of."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from lockstep.core.spec import Many, Name, Spec


def parse_instant(value: Any) -> datetime:
    """Return a date (its midnight) or a time without zone (taken as UTC) as a naive datetime.

    Raises:
        ValueError: anything else.
    """
    try:
        if isinstance(value, datetime):
            instant = value
        elif isinstance(value, date):
            instant = datetime(value.year, value.month, value.day)  # noqa: DTZ001 # naive means UTC here
        else:
            instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("expected a date such as 2025-06-30 or a time such as 2025-06-30 12:00:00") from None
    if instant.tzinfo is not None:
        raise ValueError("expected a time without zone; it is taken as UTC")
    return instant


Instant = Annotated[datetime, BeforeValidator(parse_instant)]


class FileSpec(Spec):
    """How to read a table from a file."""

    path: str | None = None
    """File name relative to `source.url`; default: the table's name plus .csv or .parquet."""
    delimiter: str = Field(",", min_length=1, max_length=1)
    """One character; a space means any run of spaces."""
    header: bool = True
    """true: the first line has the column names; it is skipped if `columns` is set."""
    columns: Many[Name] | None = None
    """Names of all columns, in file order, for a file without header."""
    date_format: str | None = None
    """strptime format of the contract's datetime columns; default: ISO 8601."""
    nulls: Many[str] = ("",)
    """Cell texts that mean a missing value; spaces around a cell are ignored."""

    @model_validator(mode="after")
    def _columns_without_header(self) -> "FileSpec":
        if not self.header and self.columns is None:
            raise ValueError("header: false needs `columns`: the column names in file order")
        return self


class TableSpec(Spec):
    """One table: what a row is, and its key and time columns."""

    kind: Literal["entity", "event", "flat"]
    """entity: one row per customer, say; event: one row per purchase, say; flat: one row per example, with label."""
    key: Name | None = None
    """Column that identifies a row; optional for event tables."""
    entity: Name | None = None
    """Column of an event table with the entity's key."""
    time: Name | None = None
    """Column with the time of the event, or the time since when the entity is known."""
    table: str | None = None
    """Name in the database if it differs; may start with `schema.`."""
    file: FileSpec | None = None
    """How to read the table's file, if `source.url` is a folder or a file."""

    @model_validator(mode="after")
    def _columns_for_kind(self) -> "TableSpec":
        needed = {"entity": ("key",), "event": ("entity", "time"), "flat": ("key",)}[self.kind]
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a table of kind {self.kind} needs {' and '.join(missing)}")
        return self


class SourceSpec(Spec):
    """A database (any SQLAlchemy URL) or a folder of CSV or Parquet files, read up to `as_of`."""

    url: str = Field(min_length=1)
    """Any SQLAlchemy URL, or a folder of CSV or Parquet files; ${VAR} comes from the environment."""
    as_of: Instant | None = None
    """Rows at or after this instant (UTC) are not read; required unless all tables are flat."""
    tables: dict[Name, TableSpec] = Field(min_length=1)
    """Table -> what a row is, and its key and time columns."""

    @field_validator("tables")
    @classmethod
    def _safe_names(cls, tables: dict[str, TableSpec]) -> dict[str, TableSpec]:
        # A table's name is a file name under data/ as well as a key.
        for name in tables:
            if not re.fullmatch(r"\w[\w-]*", name):
                raise ValueError(f"{name!r}: expected letters, digits, _ or -; set the database name in `table:`")
            if name == "malformed":
                raise ValueError(f"{name!r} is reserved for the list of malformed cells in data/raw; use another name")
        return tables

    @model_validator(mode="after")
    def _as_of_for_events(self) -> "SourceSpec":
        if self.as_of is None and any(table.kind != "flat" for table in self.tables.values()):
            raise ValueError("as_of: missing; it is required unless all tables are flat")
        return self
