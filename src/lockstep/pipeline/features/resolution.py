"""Resolves section `features` against the tables: names of features, and all faults at once, without a query."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from lockstep.artifacts.definition import (
    ACCEPTS,
    FEATURE_KINDS,
    UNDECLARED,
    AggregateFeature,
    AttributeFeature,
    ColumnKind,
    Definition,
    TableColumns,
    accepts,
    column_kind,
    features_of,
    repeated,
)
from lockstep.artifacts.expressions import parse_expressions
from lockstep.artifacts.schema import CUTOFF, LABEL, WEIGHT
from lockstep.artifacts.schema import Kind as FeatureKind
from lockstep.core.errors import LockstepError, closest
from lockstep.core.spec import format_duration
from lockstep.params.pipeline.features import Aggregate, FeaturesSpec
from lockstep.params.pipeline.source import TableSpec

TENURE = "tenure"


@dataclass(frozen=True)
class Table:
    """One table that features are computed from."""

    name: str
    spec: TableSpec
    types: Mapping[str, str]
    """Column -> type, in Ibis's spelling."""

    @property
    def owner(self) -> str:
        """The column that holds the key of the entity."""
        return str(self.spec.entity if self.spec.kind == "event" else self.spec.key)

    @cached_property
    def columns(self) -> dict[str, ColumnKind | None]:
        """Column -> kind; None is a type that no feature can be computed of."""
        return {name: column_kind(dtype) for name, dtype in self.types.items()}


def define(
    spec: FeaturesSpec,
    tables: Mapping[str, TableSpec],
    types: Mapping[str, Mapping[str, str]],
    label: str | None = None,
    weight: str | None = None,
) -> Definition:
    """Return the definition for `spec`; an undeclared text column is a category until its values are known.

    Args:
        spec: section `features`.
        tables: section `source.tables`.
        types: table that features may be computed from -> column -> type, in Ibis's spelling.
        label: the column of a flat table that holds the label; it cannot be a feature.
        weight: the column that holds the weight of a row; it cannot be a feature either.

    Raises:
        LockstepError: with one line per fault: an unknown table or column, an aggregate that does
            not fit its column, an attribute whose column does not fit its declared kind, an expression that cannot
            be parsed, two features of one name.
    """
    faults: list[str] = []
    known = {name: Table(name, tables[name], types[name]) for name in tables if name in types}
    aggregates = tuple(_aggregates(spec, known, faults))
    reserved = {label: "is the label (problem.label.column)", weight: "is the weight of rows (problem.weight)"}
    attributes = tuple(_attributes(spec, known, reserved, faults))
    faults += _unknown_kinds(spec)
    given = features_of(aggregates, attributes, (), calendar=spec.calendar)
    if not faults:  # after another fault, the names that an expression may use are not all known
        parse_expressions(spec.expressions, {f.name: f.kind in ("number", "boolean") for f in given}, faults)
    features = features_of(aggregates, attributes, () if faults else spec.expressions, calendar=spec.calendar)
    faults += _collisions([feature.name for feature in features], tables, weighted=weight is not None)
    if not features and not faults:
        faults.append("features: none are declared")
    if faults:
        raise LockstepError(f"features: {len(faults)} fault{'s' * (len(faults) != 1)} in params.yaml", faults)
    return Definition(
        tables=dict(_tables_of(known, (*aggregates, *attributes))),
        aggregates=aggregates,
        attributes=attributes,
        expressions=spec.expressions,
        calendar=spec.calendar,
        decimals=spec.decimals,
    )


def _tables_of(
    known: Mapping[str, Table], features: Sequence[AggregateFeature | AttributeFeature]
) -> Iterator[tuple[str, TableColumns]]:
    """Yield the tables that features, or the list of entities, come from, with the columns that they need."""
    owners = {name for name, table in known.items() if table.spec.kind != "event"}
    for name, table in known.items():
        used = {feature.column for feature in features if feature.table == name}
        # Without an entity table, an entity is known from its first event of any kind.
        if used or name in owners or not owners:
            needed = used | {table.owner, table.spec.time}
            columns = {column: dtype for column, dtype in table.types.items() if column in needed}
            yield name, TableColumns(kind=table.spec.kind, entity=table.owner, time=table.spec.time, columns=columns)


def _aggregates(spec: FeaturesSpec, tables: Mapping[str, Table], faults: list[str]) -> Iterator[AggregateFeature]:
    wanted = (
        (tables[table], column, how)
        for table, by_column in spec.aggregates.items()
        for column, aggregates in by_column.items()
        for how in dict.fromkeys(aggregates)
    )
    for table, column, how in wanted:
        fault = _misfit(table, column, how)
        if fault:
            faults += [fault] * (fault not in faults)
            continue
        stem = _stem(table, column, how)
        if how == "recency":
            yield AggregateFeature(name=stem, table=table.name, column=column, how=how, window=None)
            continue
        for window in sorted(spec.windows):
            name = f"{stem}_{format_duration(window)}"
            yield AggregateFeature(name=name, table=table.name, column=column, how=how, window=window)


def _misfit(table: Table, column: str, how: Aggregate) -> str | None:
    place = f"features.aggregates.{table.name}.{column}"
    if column not in table.columns:
        return f"{place}: {table.name} has no such column{closest(column, table.columns)}"
    kind = table.columns[column]
    if accepts(how, kind):
        return None
    return f"{place}: {how} needs a column of {' or '.join(ACCEPTS[how])}; it is {kind or 'of another type'}"


def _stem(table: Table, column: str, how: Aggregate) -> str:
    """Return the feature's name without the window; a count or recency of whole events names no column."""
    row = table.spec.time if table.spec.key is None else table.spec.key
    whole = (how == "count" and column == row) or (how == "recency" and column == table.spec.time)
    return f"{table.name}_{how}" if whole else f"{table.name}_{column}_{how}"


def _attributes(
    spec: FeaturesSpec, tables: Mapping[str, Table], reserved: Mapping[str | None, str], faults: list[str]
) -> Iterator[AttributeFeature]:
    for name in spec.attributes:
        table = tables[name]
        for attribute in dict.fromkeys(spec.attributes[name]):
            column = _column_of(attribute, table)
            kind = table.columns.get(column)
            fault = reserved.get(column) or _unfit(attribute, column, kind, table)
            if fault or kind is None:
                faults.append(f"features.attributes.{name}.{attribute}: {fault}")
                continue
            feature_kind = _feature_kind(attribute, kind, spec.kinds.get(attribute), faults)
            # A tenure is a length of time, which has no month.
            parts = tuple(dict.fromkeys(spec.datetime)) if kind == "time" and attribute == column else ()
            yield AttributeFeature(
                name=attribute, table=name, column=column, holds=kind, kind=feature_kind, parts=parts
            )


def _column_of(attribute: str, table: Table) -> str:
    """Return the column of an attribute; for `tenure`, if it is not a column, the time column."""
    if attribute == TENURE and attribute not in table.columns and table.spec.time:
        return table.spec.time
    return attribute


def _unfit(attribute: str, column: str, kind: ColumnKind | None, table: Table) -> str | None:
    if column == table.spec.key:
        return "is the key, which says nothing about a new row"
    if column not in table.columns:
        why = f"; {TENURE} needs source.tables.{table.name}.time" if attribute == TENURE else ""
        return f"{table.name} has no such column{closest(column, table.columns)}{why}"
    if table.spec.kind == "flat" and attribute != column:
        return f"{TENURE} needs a cutoff, and a flat table has none; expected the column {column!r}"
    return "expected a column of number or boolean or text or time" if kind is None else None


def _feature_kind(attribute: str, kind: ColumnKind, declared: str | None, faults: list[str]) -> FeatureKind:
    """Return the kind of feature of an attribute; append to `faults` if its column does not fit the declared kind."""
    if declared is None:
        return UNDECLARED[kind]
    if declared not in FEATURE_KINDS[kind]:
        expected = " or ".join(FEATURE_KINDS[kind])
        faults.append(f"features.kinds.{attribute}: a column of {kind} cannot be a {declared}; expected {expected}")
    return FEATURE_KINDS[kind].get(declared, UNDECLARED[kind])


def _unknown_kinds(spec: FeaturesSpec) -> Iterator[str]:
    """Yield a line for each declared kind of an unknown attribute."""
    known = [name for names in spec.attributes.values() for name in names]
    for name in spec.kinds:
        if name not in known:
            near = closest(name, known) or "; expected a name in features.attributes"
            yield f"features.kinds.{name}: no attribute {name!r}{near}"


def _collisions(names: list[str], tables: Mapping[str, TableSpec], *, weighted: bool) -> Iterator[str]:
    own = {CUTOFF.casefold(): "the cutoff", LABEL.casefold(): "the label"}
    own |= {WEIGHT.casefold(): "the weight"} if weighted else {}
    keys = dict.fromkeys(str(table.entity if table.kind == "event" else table.key) for table in tables.values())
    for key in keys:
        if key.casefold() in own:
            yield f"problem.entity: the name {key!r} is already the name of {own[key.casefold()]} of a feature file"
    seen = {name: f"{meaning} of a feature file" for name, meaning in own.items()}
    seen |= {key.casefold(): "the key of a feature file" for key in keys}
    yield from repeated(names, seen)
