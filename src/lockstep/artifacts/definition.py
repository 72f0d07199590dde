"""The definition of the features as plain data: pinned with the features, compiled wherever features are computed.

Names of tables, columns and features come from users: code that compiles a definition must quote them.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from lockstep.artifacts.expressions import Expression, parse_expressions
from lockstep.artifacts.schema import DEFINITION, Feature
from lockstep.artifacts.schema import Kind as FeatureKind
from lockstep.core.errors import LockstepError
from lockstep.core.files import dump_json, read_json
from lockstep.core.spec import UNITS, Many, Name, Spec, format_duration, parse
from lockstep.params.pipeline.features import Aggregate, Part

VERSION: Literal[1] = 1
CALENDAR = ("month_sin", "month_cos", "weekday_sin", "weekday_cos")
WAVES = ("sin", "cos")

ColumnKind = Literal["number", "boolean", "text", "time"]
"""What a column holds; a boolean is aggregated as the number 0 or 1."""

_ANY: tuple[ColumnKind, ...] = ("number", "text", "time")
ACCEPTS: dict[Aggregate, tuple[ColumnKind, ...]] = {
    "count": _ANY,
    "sum": ("number",),
    "mean": ("number",),
    "min": ("number",),
    "max": ("number",),
    "std": ("number",),
    "trend": ("number",),
    "distinct": _ANY,
    "recency": _ANY,
}
"""Aggregate -> kinds of column that it accepts; a boolean counts as a number."""

FEATURE_KINDS: dict[ColumnKind, dict[str, FeatureKind]] = {
    "number": {"number": "number", "category": "category"},
    "boolean": {"number": "number", "category": "category"},
    "text": {"category": "category", "text": "text"},
    "time": {"number": "number"},
}
"""Kind of column -> kind that params.yaml may declare -> kind of the feature."""
UNDECLARED: dict[ColumnKind, FeatureKind] = {
    "number": "number",
    "boolean": "boolean",
    "text": "category",
    "time": "number",
}
"""Kind of column -> kind of the feature by default; a category may later be recognised as free text."""


def column_kind(dtype: str) -> ColumnKind | None:
    """Return the kind of a column by its Ibis type (`int64`, `timestamp(6)`); None if no feature can use it."""
    base = dtype.removeprefix("!").partition("(")[0]
    if re.fullmatch(r"u?int\d+|float\d+|decimal", base):
        return "number"
    kinds: dict[str, ColumnKind] = {"boolean": "boolean", "string": "text", "timestamp": "time"}
    return kinds.get(base)


def accepts(how: Aggregate, kind: ColumnKind | None) -> bool:
    """Return whether an aggregate accepts a kind of column."""
    return kind in ACCEPTS[how] or (kind == "boolean" and "number" in ACCEPTS[how])


def repeated(names: Iterable[str], taken: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield a line for each repeated name; upper and lower case are the same, as in DuckDB and most of SQL.

    Args:
        names: of features.
        taken: other names, in lower case (`str.casefold`) -> their owner, for the message.
    """
    seen = dict(taken or {})
    for name in names:
        if name.casefold() in seen:
            yield f"features: the name {name!r} is already the name of {seen[name.casefold()]}"
        seen[name.casefold()] = f"the feature {name!r}"


def _printable(text: str) -> str:
    if not text or not text.isprintable():
        raise ValueError("expected a name without control characters")
    return text


def _window(value: Any) -> Any:
    match = re.fullmatch(r"([1-9]\d{0,8})([mhd])", value) if isinstance(value, str) else None
    if isinstance(value, str) and match is None:
        raise ValueError("expected a length of time such as 30d, 12h or 90m")
    return timedelta(**{UNITS[match[2]]: int(match[1])}) if match else value


Label = Annotated[str, AfterValidator(_printable)]
"""The name of a feature: printable text of any length, because it is composed of other names."""
Window = Annotated[timedelta, BeforeValidator(_window), PlainSerializer(format_duration)]


class TableColumns(Spec):
    """The columns of one table that features are computed from."""

    kind: Literal["entity", "event", "flat"]
    entity: Name
    """The column that holds the key of the entity."""
    time: Name | None
    """When the event happened, or since when the entity is known."""
    columns: dict[Name, str]
    """Column -> its type, in Ibis's spelling."""

    def faults(self, name: str) -> Iterator[str]:
        """Yield a line for each required column that is missing or has the wrong type."""
        if self.kind == "event" and self.time is None:
            yield f"tables.{name}.time: missing; a table of kind event needs it"
        for column in filter(None, (self.entity, self.time)):
            if column not in self.columns:
                yield f"tables.{name}.columns: {column!r} is missing"
        if self.time in self.columns and column_kind(self.columns[self.time]) != "time":
            yield f"tables.{name}.columns.{self.time}: expected a timestamp; got {self.columns[self.time]!r}"


class AggregateFeature(Spec):
    """One aggregate of one column of an event table; recency covers the whole past and has no window."""

    name: Label
    table: Name
    column: Name
    how: Aggregate
    window: Window | None


class AttributeFeature(Spec):
    """One column of an entity or flat table.

    A time becomes the days from it to the cutoff (without one, since 1970-01-01), and sine and cosine of its parts.
    """

    name: Label
    table: Name
    column: Name
    holds: ColumnKind
    """Kind of the column."""
    kind: FeatureKind
    """Kind of the feature."""
    parts: Many[Part] = ()

    @property
    def features(self) -> Iterator[Feature]:
        """The columns of a feature file that come from this attribute."""
        yield Feature(name=self.name, kind=self.kind, origin="attribute")
        for part in self.parts:
            for wave in WAVES:
                yield Feature(name=f"{self.name}_{part}_{wave}", kind="number", origin="attribute")


class Definition(Spec):
    """All features, in the order of the columns of a feature file, and the columns they are computed from.

    Raises:
        ValueError: parts do not fit each other: an unknown column, two features of one name, a circular expression.
    """

    version: Literal[1] = VERSION
    tables: dict[Name, TableColumns]
    aggregates: Many[AggregateFeature]
    attributes: Many[AttributeFeature]
    expressions: dict[Label, str]
    """Name -> formula of other features."""
    calendar: bool
    """Whether month and weekday of the cutoff are features."""
    decimals: int = Field(ge=0, le=9)
    """Decimals kept in sums."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns of a feature file, as `schema.json` lists them."""
        return features_of(self.aggregates, self.attributes, self.expressions, calendar=self.calendar)

    @property
    def digest(self) -> str:
        """SHA-256 of `definition.json`, which a model's signature pins."""
        return hashlib.sha256(self._text.encode()).hexdigest()

    @property
    def _text(self) -> str:
        return dump_json(self.model_dump(mode="json"))

    @property
    def longest_window(self) -> timedelta:
        """The longest window; 0 without windows."""
        return max((f.window for f in self.aggregates if f.window), default=timedelta(0))

    @cached_property
    def formulas(self) -> tuple[Expression, ...]:
        """The parsed expressions."""
        return parse_expressions(self.expressions, self._numbers(), faults=[])

    def with_texts(self, names: Collection[str]) -> "Definition":
        """Return the definition in which the attributes of these names are free text."""
        attributes = (a.model_copy(update={"kind": "text"}) if a.name in names else a for a in self.attributes)
        return self.model_copy(update={"attributes": tuple(attributes)})

    def write(self, directory: Path) -> None:
        """Write `definition.json`; call it inside `files.whole_directory`."""
        (directory / DEFINITION).write_text(self._text, encoding="utf-8")

    @classmethod
    def read(cls, directory: Path) -> "Definition":
        """Return the definition in `directory`.

        Raises:
            LockstepError: it is missing, damaged, of a newer version, or its parts do not fit each other.
        """
        path = directory / DEFINITION
        document = read_json(path)
        version = document.get("version") if isinstance(document, dict) else None
        if isinstance(version, int) and version > VERSION:
            raise LockstepError(
                f"{path}: version {version} of a feature definition; this Lockstep reads version {VERSION}",
                ["a newer Lockstep wrote it: upgrade Lockstep, or recompute the features with `dvc repro features`"],
            )
        return parse(cls, document, path)

    def _numbers(self) -> dict[str, bool]:
        features = features_of(self.aggregates, self.attributes, (), calendar=self.calendar)
        return {feature.name: feature.kind in ("number", "boolean") for feature in features}

    @model_validator(mode="after")
    def _parts_fit(self) -> "Definition":
        faults = [fault for name, table in self.tables.items() for fault in table.faults(name)]
        faults = faults or [*self._table_faults(), *self._feature_faults(), *repeated(f.name for f in self.features)]
        if not faults:
            parse_expressions(self.expressions, self._numbers(), faults)
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _table_faults(self) -> Iterator[str]:
        owners = [name for name, table in self.tables.items() if table.kind != "event"]
        flat = any(self.tables[name].kind == "flat" for name in owners)
        if len(owners) > 1 or (flat and len(self.tables) > 1):
            yield f"tables: expected one flat table, or at most one of kind entity; got {', '.join(self.tables)}"
        types = {table.columns[table.entity].removeprefix("!") for table in self.tables.values()}
        if len(types) > 1:
            yield f"tables: the key of the entity has several types: {', '.join(sorted(types))}"

    def _feature_faults(self) -> Iterator[str]:
        if not self.features:
            yield "no features"
        for f in self.aggregates:
            if not accepts(f.how, self._kind(f.table, f.column, ("event",))):
                yield f"aggregates: {f.name!r}: {f.how} of {f.table}.{f.column} cannot be computed"
            if (f.how == "recency") != (f.window is None):
                yield f"aggregates: {f.name!r}: expected a window, except for recency"
        for a in self.attributes:
            if self._kind(a.table, a.column, ("entity", "flat")) != a.holds:
                yield f"attributes: {a.name!r}: {a.table}.{a.column} is not a column of {a.holds}"
            if a.kind not in (*FEATURE_KINDS[a.holds].values(), UNDECLARED[a.holds]) or (a.parts and a.holds != "time"):
                yield f"attributes: {a.name!r}: a column of {a.holds} cannot be a {a.kind}, or has no such parts"

    def _kind(self, table: str, column: str, kinds: Sequence[str]) -> ColumnKind | None:
        found = self.tables.get(table)
        return column_kind(found.columns.get(column, "")) if found and found.kind in kinds else None


def features_of(
    aggregates: Sequence[AggregateFeature],
    attributes: Sequence[AttributeFeature],
    expressions: Collection[str] | Mapping[str, str],
    *,
    calendar: bool,
) -> tuple[Feature, ...]:
    """Return the columns of a feature file in their order."""
    return (
        *(Feature(name=f.name, kind="number", origin="aggregate") for f in aggregates),
        *(feature for attribute in attributes for feature in attribute.features),
        *(Feature(name=name, kind="number", origin="expression") for name in expressions),
        *(Feature(name=name, kind="number", origin="calendar") for name in CALENDAR if calendar),
    )
