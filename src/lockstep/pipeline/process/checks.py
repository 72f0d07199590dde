"""Contracts as pandera schemas, limited to pandera's checks of single cells.

pandera ignores unknown keys (a misspelt check never runs), looks a check up as any attribute of a
class, and sets any attribute as an option. So the document is checked against lists of supported
keys before pandera builds a schema from it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pandera.api.checks import Check
from pandera.io.pandas_io import deserialize_schema

from lockstep.core.errors import LockstepError, closest, shorten
from lockstep.core.spec import read_document
from lockstep.tables.contract import Column, Type, read_columns

CHECKS = (
    "equal_to", "not_equal_to", "greater_than", "greater_than_or_equal_to", "less_than", "less_than_or_equal_to",
    "in_range", "isin", "notin", "str_matches", "str_contains", "str_startswith", "str_endswith", "str_length",
    "eq", "ne", "gt", "ge", "lt", "le", "between",
)  # fmt: skip

# Keys that may have any value: names and texts, and settings without effect, because `ingest` settles the types.
FREE = {
    "schema": ("schema_type", "version", "api", "columns", "checks", "unique", "coerce", "strict", "name", "ordered",
               "unique_column_names", "title", "description"),
    "column": ("dtype", "nullable", "unique", "coerce", "checks", "name", "title", "description"),
    "options": ("check_name", "name", "error"),
}  # fmt: skip
SWITCHES = ("nullable", "unique", "coerce")
# Keys that are allowed only with pandera's default value.
DEFAULT: dict[str, dict[str, Any]] = {
    "schema": {
        "index": None, "dtype": None, "report_duplicates": "all", "add_missing_columns": False,
        "drop_invalid_rows": False, "metadata": None,
    },
    "column": {
        "required": True, "regex": False, "default": None, "report_duplicates": "all", "drop_invalid_rows": False,
    },
    "options": {"ignore_na": True, "raise_warning": False, "n_failure_cases": None, "groupby": None, "groups": None},
}  # fmt: skip

SAMPLES: dict[Type, Any] = {
    "int64": 0,
    "float64": 0.5,
    "string": "x",
    "bool": True,
    "datetime": pd.Timestamp("2024-01-01"),
}


@dataclass(frozen=True)
class Contract:
    """The requirements on the rows of one raw table."""

    path: Path
    columns: tuple[Column, ...]
    checks: dict[str, tuple[Check, ...]]
    """Column -> checks of a single cell; for a missing cell, only `nullable` counts."""
    unique: tuple[tuple[str, ...], ...]
    """Columns whose values together identify at most one row."""


def load_contract(path: Path) -> Contract:
    """Return the contract in a YAML file of pandera's format.

    Raises:
        LockstepError: it is missing, is not YAML, or has a key that is not a check of a cell.
    """
    columns = read_columns(path)
    document = read_document(path)
    _stop(path, list(_unknown(document)))
    rest = {key: value for key, value in document.items() if key != "columns"}
    schema = _built(path, "the schema", rest)
    parts = {str(name): _built(path, f"columns.{name}", {"columns": {name: column}}).columns[name]
             for name, column in document["columns"].items()}  # fmt: skip
    checks = {column.name: (*schema.checks, *parts[column.name].checks) for column in columns}
    _stop(path, [fault for column in columns for fault in _misfits(column, checks[column.name])])
    groups = [*((name,) for name, part in parts.items() if part.unique), *_together(schema.unique)]
    _stop(path, [f"unique: no column {name!r}{closest(name, parts)}" for group in groups for name in group
                 if name not in parts])  # fmt: skip
    return Contract(path, columns, checks, tuple(dict.fromkeys(groups)))


def _built(path: Path, where: str, document: dict[str, Any]) -> Any:
    try:
        return deserialize_schema(document)
    except Exception as error:  # its constructors raise any error
        raise LockstepError(f"{path}: {where}: pandera cannot load it", [_first_line(error)]) from error


def _stop(path: Path, faults: list[str]) -> None:
    if faults:
        raise LockstepError(f"{path}: {len(faults)} fault{'s' * (len(faults) != 1)} in the contract", faults)


def _unknown(document: dict[str, Any]) -> Iterator[str]:
    yield from _keys("", "schema", document)
    if not isinstance(document.get("unique"), list | str | None):
        yield "unique: expected a list of columns, or a list of such lists"
    yield from _names([str(name) for name in document["columns"]])
    yield from _listed("checks", document.get("checks"))
    for name, column in document["columns"].items():
        where = f"columns.{name}"
        flat = {key: value for key, value in column.items() if key in CHECKS}
        yield from _keys(f"{where}.", "column", {key: column[key] for key in column if key not in flat})
        if flat and column.get("checks") is not None:
            yield f"{where}: expected checks under `checks` or beside it, not both: pandera would ignore some"
        yield from _listed(f"{where}.checks", column.get("checks"))
        for check, value in flat.items():
            yield from _check(f"{where}.{check}", check, value)


def _names(names: list[str]) -> Iterator[str]:
    """Yield a line for each name that another one differs from only in case, or that DuckDB reserves."""
    folded = Counter(name.casefold() for name in names)
    for name in names:
        if folded[name.casefold()] > 1:
            yield f"columns.{name}: another column has the same name, except for upper and lower case"
        if name.casefold() == "file_row_number":
            yield f"columns.{name}: the name is reserved by DuckDB for the row number"


def _keys(where: str, level: str, mapping: dict[Any, Any]) -> Iterator[str]:
    """Yield a line for each key that is unknown, or has an unsupported value."""
    for key, value in mapping.items():
        if key in DEFAULT[level]:
            if value != DEFAULT[level][key]:
                yield f"{where}{key}: not supported; expected {DEFAULT[level][key]!r} or nothing"
        elif key not in FREE[level]:
            known = (*FREE[level], *(CHECKS if level == "column" else ()))
            yield f"{where}{key}: unknown key{closest(str(key), known) or '; not a check of a cell'}"
        elif level == "column" and key in SWITCHES and not isinstance(value, bool):
            yield f"{where}{key}: expected true or false; got {shorten(repr(value), 80)}"


def _listed(where: str, checks: Any) -> Iterator[str]:
    """Yield faults of checks: a list with `options.check_name`, or a mapping of name to arguments."""
    if isinstance(checks, dict):
        for name, value in checks.items():
            yield from _check(f"{where}.{name}", name, value)
    elif isinstance(checks, list):
        for place, entry in enumerate(checks):
            options = entry.get("options") if isinstance(entry, dict) else None
            name = options.get("check_name") if isinstance(options, dict) else None
            yield from _check(f"{where}[{place}]", name, entry)
    elif checks is not None:
        yield f"{where}: expected a list or a mapping of checks"


def _check(where: str, name: Any, value: Any) -> Iterator[str]:
    if name not in CHECKS:
        yield f"{where}: expected a check of a cell, got {shorten(repr(name), 80)}{closest(str(name), CHECKS)}"
        return
    arguments = value if isinstance(value, dict) else {"value": value}
    options = arguments.get("options") or {}
    if not isinstance(options, dict):
        yield f"{where}.options: expected a mapping"
        return
    beside = {key: arguments[key] for key in arguments if key in (*FREE["options"], *DEFAULT["options"])}
    yield from _keys(f"{where}.", "options", options | beside)
    listed = [argument for key, argument in arguments.items() if key not in beside and key != "options"]
    if name in {"isin", "notin"} and not (len(listed) == 1 and isinstance(listed[0], list)):
        yield f"{where}: expected a list of values"


def _misfits(column: Column, checks: tuple[Check, ...]) -> Iterator[str]:
    """Yield the checks that do not work on a sample cell of the column's type."""
    sample = pd.Series([SAMPLES[column.type]], dtype=object if column.type == "string" else None)
    for check in checks:
        try:
            check(sample)
        except Exception as error:  # noqa: BLE001 # a check may raise any error of pandas
            yield f"columns.{column.name}.{check.name}: does not fit {column.type} ({_first_line(error)})"


def _together(unique: list[Any] | None) -> list[tuple[str, ...]]:
    """Return groups of columns: `[a, b]` is one, `[[a, b], [c]]` are two."""
    groups = [unique or []] if all(isinstance(name, str) for name in unique or []) else unique or []
    return [tuple(str(name) for name in (group if isinstance(group, list) else [group])) for group in groups if group]


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]
