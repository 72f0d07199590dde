"""The columns of a raw table by its contract, with its key and its time."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from lockstep.core.errors import LockstepError
from lockstep.params.pipeline.source import SourceSpec
from lockstep.tables.contract import Column, Type, contract_path, read_columns

CELLS = 1 << 20  # of a row group, which is held in memory

ARROW: dict[Type, pa.DataType] = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "string": pa.string(),
    "bool": pa.bool_(),
    "datetime": pa.timestamp("us"),
}


@dataclass(frozen=True)
class Layout:
    """The columns of a raw table, and the two that sort it."""

    columns: tuple[Column, ...]
    key: str | None = None
    time: str | None = None

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the raw file."""
        return pa.schema([pa.field(column.name, ARROW[column.type]) for column in self.columns])

    @property
    def row_group(self) -> int:
        """Rows of a row group: fewer where there are many columns."""
        return max(2048, min(122_880, CELLS // len(self.columns)))

    def place(self, name: str) -> int:
        """Return the position of a column."""
        return [column.name for column in self.columns].index(name)


Layouts = dict[str, Layout]


def read_layouts(spec: SourceSpec, contracts: Path) -> Layouts:
    """Return the columns to read of each table.

    Raises:
        LockstepError: with one line per fault of a contract.
    """
    layouts, faults = {}, []
    for name, table in spec.tables.items():
        try:
            columns = read_columns(contract_path(contracts, name))
        except LockstepError as error:
            faults += [error.what, *error.details]
            continue
        known = [column.name for column in columns]
        faults += [
            f"{contract_path(contracts, name)}: no column {column!r}, which is source.tables.{name}.{role}"
            for role in ("key", "entity", "time")
            if (column := getattr(table, role)) is not None and column not in known
        ]
        faults += [
            f"{contract_path(contracts, name)}: columns.{column.name}.dtype: expected datetime, "
            f"because it is source.tables.{name}.time; got {column.type}"
            for column in columns
            if column.name == table.time and column.type != "datetime"
        ]
        layouts[name] = Layout(columns, table.key, table.time)
    if faults:
        raise LockstepError("the contracts do not fit params.yaml", faults)
    return layouts
