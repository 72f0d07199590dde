"""Columns and types of a contract, read without loading pandera.

Contracts are pandera schemas in pandera's own YAML format, one per raw table, in `contracts/`.
`ingest` needs only names and types; `process` validates rows against the whole contract.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lockstep.core.errors import LockstepError
from lockstep.core.spec import read_document

Type = Literal["int64", "float64", "string", "bool", "datetime"]

# pandera names (left) of the types that a raw column can have (right)
TYPES: dict[str, Type] = {
    "int64": "int64", "Int64": "int64", "int": "int64",
    "float64": "float64", "Float64": "float64", "float": "float64",
    "str": "string", "string": "string", "object": "string", "category": "string",
    "bool": "bool", "boolean": "bool",
    "datetime64[ns]": "datetime", "datetime64[us]": "datetime", "datetime": "datetime",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column to read from the source; other columns of the source are not read."""

    name: str
    type: Type
    nullable: bool


def contract_path(contracts: Path, table: str) -> Path:
    """Return the path of the contract of `table`."""
    return contracts / f"{table}.yaml"


def read_columns(path: Path) -> tuple[Column, ...]:
    """Return the columns of a contract in its order.

    Raises:
        LockstepError: the file is missing, is not a schema, or has an unknown type.
    """
    if not path.is_file():
        raise LockstepError(f"{path}: missing; `lockstep contracts infer` drafts it from the data")
    columns = read_document(path).get("columns")
    if not isinstance(columns, dict) or not columns:
        raise LockstepError(f"{path}: expected `columns`, a mapping of column names")
    faults = [
        f"columns.{name}.dtype: expected one of {', '.join(TYPES)}; got {_dtype(spec)!r}"
        for name, spec in columns.items()
        if _dtype(spec) not in TYPES
    ]
    if faults:
        raise LockstepError(f"{path}: {len(faults)} unknown types", faults)
    return tuple(
        Column(str(name), TYPES[_dtype(spec)], bool(spec.get("nullable", False))) for name, spec in columns.items()
    )


def _dtype(spec: object) -> str:
    return str(spec.get("dtype")) if isinstance(spec, dict) else str(spec)
