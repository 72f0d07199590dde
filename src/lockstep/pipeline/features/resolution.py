"""Section `features` resolved against the tables that there are: names settled, every fault found, no query run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lockstep.artifacts.schema import CUTOFF, LABEL, WEIGHT
from lockstep.core.errors import LockstepError, closest
from lockstep.core.spec import format_duration
from lockstep.params.features import Aggregate, FeaturesSpec
from lockstep.params.source import TableSpec
from lockstep.pipeline.features.aggregates import RULES, Kind, is_number
from lockstep.pipeline.features.definition import AggregateFeature, AttributeFeature, Definition
from lockstep.pipeline.features.expressions import parse_expressions
from lockstep.pipeline.features.kinds import take, unknown_kinds

TENURE = "tenure"

Columns = Mapping[str, Kind | None]
"""Column -> kind; None is a type that no feature can be made of."""


@dataclass(frozen=True)
class Table:
    """One table that features are made of."""

    name: str
    spec: TableSpec
    columns: Columns


def define(
    spec: FeaturesSpec,
    tables: Mapping[str, TableSpec],
    columns: Mapping[str, Columns],
    label: str | None = None,
    weight: str | None = None,
) -> Definition:
    """Return the definition that `spec` asks for; an undeclared text column is a category until its words are seen.

    Args:
        spec: section `features`.
        tables: section `source.tables`.
        columns: of each table that the features are made of.
        label: the column of a flat table that holds the label; it can be no feature.
        weight: the column that holds the weight of a row; likewise.

    Raises:
        LockstepError: with one line per fault: an unknown table or column, an aggregate that does
            not fit its column, an attribute taken for what it is not, an expression that cannot be
            read, two features of one name.
    """
    faults: list[str] = []
    known = {name: Table(name, tables[name], columns[name]) for name in tables if name in columns}
    aggregates = tuple(_aggregates(spec, known, faults))
    reserved = {label: "is what is predicted (problem.label.column)", weight: "is the weight of rows (problem.weight)"}
    attributes = tuple(_attributes(spec, known, reserved, faults))
    faults += unknown_kinds(spec.kinds, spec.attributes)
    given = Definition(aggregates, attributes, (), spec.calendar, spec.decimals)
    numbers = {feature.name: feature.kind in ("number", "boolean") for feature in given.features}
    # After another fault, the names that an expression may use are not all known.
    expressions = () if faults else parse_expressions(spec.expressions, numbers, faults)
    definition = replace(given, expressions=expressions)
    faults += _collisions([feature.name for feature in definition.features], tables, weighted=weight is not None)
    if not definition.features and not faults:
        faults.append("features: none are asked for")
    if faults:
        raise LockstepError(f"features: {len(faults)} fault{'s' * (len(faults) != 1)} in params.yaml", faults)
    return definition


def _aggregates(spec: FeaturesSpec, tables: Mapping[str, Table], faults: list[str]) -> Iterator[AggregateFeature]:
    asked = (
        (tables[table], column, how)
        for table, by_column in spec.aggregates.items()
        for column, aggregates in by_column.items()
        for how in dict.fromkeys(aggregates)
    )
    for table, column, how in asked:
        fault = _misfit(table, column, how)
        if fault:
            faults += [fault] * (fault not in faults)
            continue
        stem = _stem(table, column, how)
        if how == "recency":
            yield AggregateFeature(stem, table.name, column, how, None)
            continue
        for window in sorted(spec.windows):
            yield AggregateFeature(f"{stem}_{format_duration(window)}", table.name, column, how, window)


def _misfit(table: Table, column: str, how: Aggregate) -> str | None:
    place = f"features.aggregates.{table.name}.{column}"
    if column not in table.columns:
        return f"{place}: {table.name} has no such column{closest(column, table.columns)}"
    kind, accepted = table.columns[column], RULES[how].accepts
    if kind in accepted or ("number" in accepted and is_number(kind)):
        return None
    return f"{place}: {how} needs a column of {' or '.join(accepted)}; it is {kind or 'of another type'}"


def _stem(table: Table, column: str, how: Aggregate) -> str:
    """Return the feature's name but for the window: what counts or dates whole events names no column."""
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
            stored = take(attribute, kind, spec.kinds.get(attribute), faults)
            # A tenure is a length of time, which has no month.
            parts = tuple(dict.fromkeys(spec.datetime)) if kind == "time" and attribute == column else ()
            yield AttributeFeature(attribute, name, column, kind, stored, attribute in spec.kinds, parts)


def _column_of(attribute: str, table: Table) -> str:
    """Return the column of the attribute's name or, for a `tenure` that is none, the time since when it is counted."""
    if attribute == TENURE and attribute not in table.columns and table.spec.time:
        return table.spec.time
    return attribute


def _unfit(attribute: str, column: str, kind: Kind | None, table: Table) -> str | None:
    if column == table.spec.key:
        return "is the key, which says nothing about a new row"
    if column not in table.columns:
        why = f"; {TENURE} needs source.tables.{table.name}.time" if attribute == TENURE else ""
        return f"{table.name} has no such column{closest(column, table.columns)}{why}"
    if table.spec.kind == "flat" and attribute != column:
        return f"a flat table has no cutoff that {TENURE} could be counted to; expected the column {column!r} itself"
    return "expected a column of number or boolean or text or time" if kind is None else None


def _collisions(names: list[str], tables: Mapping[str, TableSpec], *, weighted: bool) -> Iterator[str]:
    own = {CUTOFF.casefold(): "the cutoff", LABEL.casefold(): "the label"}
    own |= {WEIGHT.casefold(): "the weight"} if weighted else {}
    keys = dict.fromkeys(str(table.entity if table.kind == "event" else table.key) for table in tables.values())
    # DuckDB, like most of SQL, takes names that differ in nothing but case for one.
    for key in keys:
        if key.casefold() in own:
            yield f"problem.entity: the name {key!r} is already that of {own[key.casefold()]} of a feature file"
    seen = {name: f"{meaning} of a feature file" for name, meaning in own.items()}
    seen |= {key.casefold(): "the key of a feature file" for key in keys}
    for name in names:
        if name.casefold() in seen:
            yield f"features: the name {name!r} is already that of {seen[name.casefold()]}"
        seen[name.casefold()] = f"the feature {name!r}"
