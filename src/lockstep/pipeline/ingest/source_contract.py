"""Check the contracts against what the source declares: all faults at once, before a row is read."""

from lockstep.core.errors import LockstepError, closest
from lockstep.params.pipeline.source import SourceSpec
from lockstep.pipeline.ingest.casting import check_date_format
from lockstep.pipeline.ingest.layout import Layouts
from lockstep.pipeline.ingest.sources.base import FITTING, Declared, Source, UnreachableError
from lockstep.tables.contract import Column


def check_date_formats(spec: SourceSpec) -> None:
    """Check that every date format of the source is valid.

    Raises:
        LockstepError: one is not valid.
    """
    for name, table in spec.tables.items():
        if table.file and table.file.date_format:
            check_date_format(table.file.date_format, f"source.tables.{name}.file.date_format")


def check_declared(source: Source, spec: SourceSpec, layouts: Layouts) -> None:
    """Check that the source has every table and column, of a type that can become the contract's.

    Raises:
        LockstepError: with one line per fault.
        UnreachableError: the source does not answer.
    """
    faults = []
    for name, layout in layouts.items():
        try:
            declared = source.declared(name, spec.tables[name])
        except UnreachableError:
            raise
        except LockstepError as error:
            faults += [error.what, *error.details]
        else:
            faults += [fault for column in layout.columns for fault in _misfit(name, column, declared)]
    if faults:
        raise LockstepError(f"{source.shown}: not what params.yaml and contracts/ expect", faults)


def _misfit(table: str, column: Column, declared: dict[str, Declared]) -> list[str]:
    found = declared.get(column.name)
    if found is None:
        return [f"table {table}: no column {column.name!r}{closest(column.name, declared)}"]
    if found.kind not in FITTING[column.type]:
        return [f"table {table}: column {column.name!r}: wrong type: expected {column.type}, found {found.text}"]
    return []
