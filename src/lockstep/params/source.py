"""Section `source`: where the tables come from and up to which instant they are known."""

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
    """How to read a table from a file of a folder."""

    path: str | None = None
    """File name relative to `source.url`; by default the table's name plus .csv or .parquet."""
    delimiter: str = Field(",", min_length=1, max_length=1)
    """One character; a blank stands for any run of blanks."""
    header: bool = True
    """Whether the first line names the columns; it is skipped where `columns` names them."""
    columns: Many[Name] | None = None
    """Names of all columns in the order of the file, where it has no header."""
    date_format: str | None = None
    """strptime format of the contract's datetime columns; by default ISO 8601."""
    nulls: Many[str] = ("",)
    """Texts that stand for a missing value; blanks around a cell do not count."""

    @model_validator(mode="after")
    def _columns_without_header(self) -> "FileSpec":
        if not self.header and self.columns is None:
            raise ValueError("header: false needs `columns`, the names in the order of the file")
        return self


class TableSpec(Spec):
    """One table: what a row stands for, and the columns that say so."""

    kind: Literal["entity", "event", "flat"]
    """entity: one row a customer, say; event: one row a purchase; flat: one row an example, label included."""
    key: Name | None = None
    """The column that names one row; an event table may have none."""
    entity: Name | None = None
    """The column of an event table that holds the entity's key."""
    time: Name | None = None
    """The column that says when the event happened, or since when the entity is known."""
    table: str | None = None
    """Name in the database where it differs, with `schema.` before it if need be."""
    file: FileSpec | None = None
    """How the table's file is read, where `source.url` is a folder or a file."""

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
    """What is read: any SQLAlchemy URL, or a folder of CSV or Parquet; ${VAR} comes from the environment."""
    as_of: Instant | None = None
    """Nothing at or after this instant (UTC) is read; only a flat table can do without."""
    tables: dict[Name, TableSpec] = Field(min_length=1)
    """Table -> what a row of it stands for, and the columns that say so."""

    @field_validator("tables")
    @classmethod
    def _safe_names(cls, tables: dict[str, TableSpec]) -> dict[str, TableSpec]:
        # A table's name is a file name under data/ as well as a key.
        for name in tables:
            if not re.fullmatch(r"\w[\w-]*", name):
                raise ValueError(f"{name!r}: expected letters, digits, _ or -; the odd name goes into `table:`")
            if name == "malformed":
                raise ValueError(f"{name!r} is what data/raw calls its list of malformed cells; use another name")
        return tables

    @model_validator(mode="after")
    def _as_of_for_events(self) -> "SourceSpec":
        if self.as_of is None and any(table.kind != "flat" for table in self.tables.values()):
            raise ValueError("as_of: missing; only a flat table without events can do without")
        return self
