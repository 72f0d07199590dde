"""Cast what a source delivers to the types of the contract, as DuckDB expressions: one rule for every source.

A cell either becomes a value of its column's type, or null with its text kept as malformed:

- int64: whole numbers in range; `3.0` is one, `3.5` and `1e3` are not;
- float64: decimal notation, with exponent if need be; infinite is malformed, NaN is a missing value,
  as it is to pandas; negative zero is zero;
- bool: true/false, t/f, yes/no, 1/0 in any case;
- datetime: ISO 8601 (date, time to the microsecond, offset), or `date_format`; UTC, years 1 to 9999;
- string: unchanged.
"""

from dataclasses import dataclass

import pyarrow as pa

from lockstep.core.duck import quoted
from lockstep.core.errors import LockstepError
from lockstep.pipeline.ingest.sources.base import MISFITS, Stream
from lockstep.tables.contract import Column, Type

INTEGER = r"[+-]?\d+(\.0*)?"
DECIMAL = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
OFFSET = r"(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)"
LOCAL = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?"
SQL: dict[Type, str] = {
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "string": "VARCHAR",
    "bool": "BOOLEAN",
    "datetime": "TIMESTAMP",
}
YEARS = "BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'"


def conforming(stream: Stream, columns: tuple[Column, ...], relation: str) -> str:
    """Return the SQL that casts the rows of a relation, which has the stream's columns, to the contract's types.

    Its columns are named by their position; the last one, `MISFITS`, is null or a list with, per
    column, the text of a malformed cell, or null.
    """
    cells = [_Cell(stream, place, column) for place, column in enumerate(columns)]
    # Step by step, each over the one before: within a CASE, DuckDB would compute a repeated term again.
    query = f"SELECT {', '.join(['*', *(f'{cell.given} AS g{cell.place}' for cell in cells)])} FROM {relation}"  # noqa: S608 # positions
    for step in ("read", "value", "malformed"):
        terms = [f"{getattr(cell, step)} AS {step[0]}{cell.place}" for cell in cells]
        query = f"SELECT *, {', '.join(terms)} FROM ({query})"  # noqa: S608
    kept = ", ".join(f"v{cell.place} AS {quoted(str(cell.place))}" for cell in cells)
    texts = ", ".join(f"m{cell.place}" for cell in cells)
    return (
        f"SELECT {kept}, CASE WHEN coalesce({texts}, NULL) IS NOT NULL THEN [{texts}] END AS {MISFITS} FROM ({query})"  # noqa: S608
    )


def check_date_format(date_format: str, key: str) -> None:
    """Check that a date format is valid.

    Args:
        date_format: format of strptime.
        key: its place in params.yaml.

    Raises:
        LockstepError: it is not valid.
    """
    import duckdb

    try:
        with duckdb.connect() as connection:
            connection.execute("SELECT try_strptime('', ?)", [date_format]).fetchall()
    except duckdb.InvalidInputException as error:
        reason = str(error).rpartition(": ")[2]
        raise LockstepError(
            f"params.yaml: {key}: expected a strptime format; got {date_format!r} ({reason})"
        ) from error


@dataclass(frozen=True)
class _Cell:
    """The SQL of one column, in steps: the cell, how it is parsed, its value, the text of a malformed one."""

    stream: Stream
    place: int
    column: Column

    @property
    def given(self) -> str:
        """The cell, null if its text means missing."""
        name = quoted(str(self.place))
        source = f"CAST({name} AS VARCHAR)" if pa.types.is_null(self._arrow) else name
        if not self.stream.nulls:
            return source
        nulls = ", ".join(_literal(null.strip()) for null in self.stream.nulls)
        return f"CASE WHEN trim({source}) NOT IN ({nulls}) THEN {source} END"

    @property
    def read(self) -> str:
        """The cell, parsed as the column's type."""
        given = f"g{self.place}"
        if _is_text(self._arrow):
            return _read_text(given, self.column.type, self.stream.date_format)
        return _read_typed(given, self._arrow, self.column.type)

    @property
    def value(self) -> str:
        """The parsed value if a contract allows it; a cell that was delivered separately is parsed as text."""
        settled = _settled(f"r{self.place}", self.column.type)
        if self._apart is None:
            return settled
        text = _read_text(self._apart, self.column.type) if self.column.type != "string" else "NULL"
        # The first condition is for speed: it decides nearly every row without parsing JSON.
        return (
            f"CASE WHEN {MISFITS} IS NULL THEN {settled} WHEN {self._apart} IS NULL THEN {settled}"
            f" ELSE {_settled(text, self.column.type)} END"
        )

    @property
    def malformed(self) -> str:
        """The text of a cell that has no value and is not missing."""
        text = f"CAST(g{self.place} AS VARCHAR)"
        if self._apart is not None:
            text = f"coalesce({self._apart}, {text})"
        if self.column.type == "float64":
            text = f"CASE WHEN lower(trim({text})) <> 'nan' THEN {text} END"
        return f"CASE WHEN v{self.place} IS NULL THEN {text} END"

    @property
    def _arrow(self) -> pa.DataType:
        return self.stream.schema.field(self.place).type

    @property
    def _apart(self) -> str | None:
        there = MISFITS in self.stream.schema.names
        return f"json_extract_string({MISFITS}, '$[{self.place}]')" if there else None


def _read_text(text: str, target: Type, date_format: str | None = None) -> str:
    trimmed = f"trim({text})"
    if target == "int64":
        whole = f"regexp_replace({trimmed}, '\\..*$', '')"
        return f"CASE WHEN regexp_full_match({trimmed}, '{INTEGER}') THEN TRY_CAST({whole} AS BIGINT) END"
    if target == "float64":
        return f"CASE WHEN regexp_full_match({trimmed}, '{DECIMAL}') THEN TRY_CAST({trimmed} AS DOUBLE) END"
    if target == "bool":
        return (
            f"CASE WHEN lower({trimmed}) IN ('true', 't', 'yes', '1') THEN true"
            f" WHEN lower({trimmed}) IN ('false', 'f', 'no', '0') THEN false END"
        )
    if target == "datetime":
        return f"CAST(try_strptime({trimmed}, {_literal(date_format)}) AS TIMESTAMP)" if date_format else _iso(text)
    return text


def _read_typed(given: str, arrow: pa.DataType, target: Type) -> str:
    if target == "int64" and (pa.types.is_floating(arrow) or pa.types.is_decimal(arrow)):
        return f"CASE WHEN {given} = trunc({given}) THEN TRY_CAST({given} AS BIGINT) END"
    if target == "bool" and not pa.types.is_boolean(arrow):
        return f"CASE {given} WHEN 1 THEN true WHEN 0 THEN false END"
    return f"TRY_CAST({given} AS {SQL[target]})"  # of an instant with a zone: the session's is UTC


def _settled(value: str, target: Type) -> str:
    """Return the value; null if infinite or of a year without four digits, zero for negative zero."""
    if target == "float64":
        # Plus zero: -0.0 equals 0.0 but has other bytes, and not every database keeps it.
        return f"CASE WHEN isfinite({value}) THEN {value} + 0.0 END"
    if target == "datetime":
        return f"CASE WHEN {value} {YEARS} THEN {value} END"
    return value


def _iso(text: str) -> str:
    # Cast to TIMESTAMP, a text silently loses its offset; the cast to TIMESTAMPTZ takes three times as long.
    return (
        f"CASE WHEN regexp_full_match({text}, '{LOCAL}') THEN TRY_CAST({text} AS TIMESTAMP)"
        f" WHEN regexp_full_match({text}, ' *{LOCAL}( ?{OFFSET})? *')"
        f" THEN CAST(TRY_CAST(regexp_replace(trim({text}), ' {OFFSET}$', '\\1') AS TIMESTAMPTZ) AS TIMESTAMP) END"
    )


def _is_text(arrow: pa.DataType) -> bool:
    return arrow in (pa.string(), pa.large_string(), pa.string_view(), pa.null())


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
