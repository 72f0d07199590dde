"""A raw table in `process`: its spec, its contract and its file."""

from dataclasses import dataclass
from pathlib import Path

from lockstep.core.errors import closest
from lockstep.params.pipeline.source import TableSpec
from lockstep.pipeline.process.checks import Contract
from lockstep.pipeline.process.validate import structure_faults


@dataclass(frozen=True)
class RawTable:
    """One table of `data/raw`, its digest checked."""

    name: str
    spec: TableSpec
    contract: Contract
    path: Path
    columns: dict[str, str]
    """Name -> Arrow type, as found in the file."""
    rows: int

    @property
    def names(self) -> tuple[str, ...]:
        """The contract's columns, in its order."""
        return tuple(column.name for column in self.contract.columns)

    @property
    def required(self) -> frozenset[str]:
        """Columns that must not be missing, whatever the contract allows."""
        needed = {"entity": ("key",), "event": ("key", "entity", "time"), "flat": ("key",)}[self.spec.kind]
        return frozenset(name for name in (getattr(self.spec, role) for role in needed) if name is not None)

    @property
    def unique(self) -> tuple[tuple[str, ...], ...]:
        """Columns whose values together identify at most one row: the key first, then what the contract says."""
        key = [(self.spec.key,)] if self.spec.key is not None else []
        return tuple(dict.fromkeys([*key, *self.contract.unique]))


def faults_of_table(table: RawTable, owner: RawTable | None) -> list[str]:
    """Return what is wrong with the table as a whole, one line each.

    Args:
        table: the table.
        owner: the entity table, if there is one and `table` holds events.
    """
    found = structure_faults(table.contract, table.columns, table.rows) + _roles(table)
    if not found and owner is not None:
        found += _foreign_key(table, owner)
    return [f"{table.name}: {fault}" for fault in found]


def _roles(table: RawTable) -> list[str]:
    types = {column.name: column.type for column in table.contract.columns}
    faults = []
    for role in ("key", "entity", "time"):
        name = getattr(table.spec, role)
        where = f"source.tables.{table.name}.{role}"
        if name is not None and name not in types:
            faults.append(f"column {name!r} ({where}) is not in {table.contract.path}{closest(name, types)}")
        elif role == "time" and name is not None and types[name] != "datetime":
            faults.append(f"column {name!r} ({where}): expected a datetime in {table.contract.path}, got {types[name]}")
    return faults


def _foreign_key(table: RawTable, owner: RawTable) -> list[str]:
    entity, key = str(table.spec.entity), str(owner.spec.key)
    mine, theirs = table.columns[entity], owner.columns.get(key)
    if theirs is None or mine == theirs:
        return []
    return [f"column {entity!r} is {mine}, but {owner.name}.{key} is {theirs}: they cannot be compared"]
