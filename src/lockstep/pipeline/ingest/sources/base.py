"""The interface of sources: declared types, and streams of Arrow batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from lockstep.core.errors import LockstepError, TransientError
from lockstep.params.pipeline.source import TableSpec
from lockstep.tables.contract import Column, Type

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["int", "float", "decimal", "text", "bool", "datetime", "date", "any", "other"]

# Declared kinds that each type of a contract accepts; a single cell that does not fit is malformed.
FITTING: dict[Type, frozenset[Kind]] = {
    "int64": frozenset({"int", "float", "decimal", "text", "any"}),
    "float64": frozenset({"int", "float", "decimal", "text", "any"}),
    "string": frozenset({"text", "int", "any"}),
    "bool": frozenset({"bool", "int", "text", "any"}),
    "datetime": frozenset({"datetime", "date", "text", "any"}),
}

MISFITS = "misfits"
"""Last column of a database's stream: per row null, or a JSON array with one entry per column: the text of a cell that
does not fit its column's type, or null for a cell that fits."""


class UnreachableError(TransientError):
    """The source could not be reached, or the connection was lost."""


class MisfitsError(LockstepError):
    """The fast reader found a cell that does not fit its column's type: the slow reader must read the table again."""


@dataclass(frozen=True)
class Declared:
    """The type that a source states for a column."""

    kind: Kind
    text: str
    """The source's name of the type."""
    hint: Kind | None = None
    """Declared kind of a column whose cells can be of any type."""


@dataclass(frozen=True)
class Stream:
    """Rows of one table in batches, columns in the contract's order; types are the source's own."""

    schema: "pa.Schema"
    batches: "Iterator[pa.RecordBatch]"
    nulls: tuple[str, ...] = ()
    """Texts that stand for a missing value; blanks around a cell do not count."""
    date_format: str | None = None


class Source(Protocol):
    """Tables of one source, all as of the same instant."""

    shown: str
    """The location for messages, without passwords."""

    def declared(self, name: str, table: TableSpec) -> dict[str, Declared]:
        """Return the columns of a table, in the source's order.

        Raises:
            LockstepError: there is no such table.
        """

    def read(
        self, name: str, table: TableSpec, columns: tuple[Column, ...], before: datetime | None, *, fast: bool = False
    ) -> Stream:
        """Return a table's rows.

        Args:
            name: of the table in params.yaml.
            table: where it is.
            columns: to be read, in this order.
            before: rows at or after it may be left out, and no others.
            fast: the stream may end with a `MisfitsError`.

        Raises:
            LockstepError: the source fails.
            UnreachableError: the source cannot be reached.
        """
