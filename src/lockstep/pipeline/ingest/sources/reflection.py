"""The declared schema of a database table: columns and types."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import ReflectedColumn

from lockstep.core.errors import LockstepError, closest
from lockstep.pipeline.ingest.sources.base import Declared, Kind

KINDS: tuple[tuple[Kind, tuple[type, ...]], ...] = (
    ("bool", (sa.Boolean,)),
    ("int", (sa.Integer,)),
    ("float", (sa.Float,)),
    ("decimal", (sa.Numeric,)),
    ("datetime", (sa.DateTime,)),
    ("date", (sa.Date,)),
    ("text", (sa.String, sa.Uuid)),
)
TEXTUAL = frozenset({"CITEXT", "INET", "CIDR", "MACADDR", "MACADDR8", "UUID"})  # of PostgreSQL; written as text


@dataclass(frozen=True)
class Reflected:
    """A table or view as it is in the database."""

    clause: sa.TableClause
    columns: dict[str, Declared]


def reflect(connection: sa.Connection, name: str, shown: str) -> Reflected:
    """Return the table `name`, or `schema.table`.

    Raises:
        LockstepError: there is none.
    """
    inspector = sa.inspect(connection)
    schema, _, rest = name.rpartition(".")
    for place, table in ((None, name), *([(schema, rest)] if schema else [])):
        try:
            found = inspector.get_columns(table, schema=place)
        except sa.exc.NoSuchTableError:
            continue
        if found:
            # SQLite types the value, not the column: its declared type is not enforced.
            dynamic = connection.dialect.name == "sqlite"
            return Reflected(_clause(place, table), {column["name"]: _declared(column, dynamic) for column in found})
    names = [*inspector.get_table_names(), *inspector.get_view_names()]
    raise LockstepError(f"no table {name!r} in {shown}{closest(name, names)}")


def _clause(schema: str | None, table: str) -> sa.TableClause:
    place = sa.quoted_name(schema, quote=True) if schema else None
    return sa.table(sa.quoted_name(table, quote=True), schema=place)


def _declared(column: ReflectedColumn, dynamic: bool) -> Declared:
    declared = column["type"]
    kind = _kind(declared)
    if dynamic and kind != "text":
        return Declared("any", _spelled(declared), None if kind == "other" else kind)
    return Declared(kind, _spelled(declared))


def _kind(declared: sa.types.TypeEngine[object]) -> Kind:
    inner = getattr(declared, "data_type", None)  # a domain of PostgreSQL has the type that it constrains
    if isinstance(inner, sa.types.TypeEngine):
        return _kind(inner)
    if type(declared).__name__ in TEXTUAL:
        return "text"
    return next((kind for kind, types in KINDS if isinstance(declared, types)), "other")


def _spelled(declared: sa.types.TypeEngine[object]) -> str:
    try:
        return str(declared)
    except sa.exc.CompileError:
        return type(declared).__name__
