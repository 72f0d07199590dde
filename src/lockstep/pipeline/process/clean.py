"""Which rows of the raw tables are kept: decided for all tables before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.core.errors import LockstepError, shorten
from lockstep.core.progress import Advance
from lockstep.pipeline.process import reject
from lockstep.pipeline.process.table import RawTable, faults_of_table

if TYPE_CHECKING:
    import duckdb

Bar = Callable[[str, int | None], AbstractContextManager[Advance]]

REASONS_SHOWN = 3


@dataclass(frozen=True)
class Reason:
    """How many rows broke one check of one column, and the smallest value that did."""

    column: str
    check: str
    rows: int
    example: str | None


@dataclass(frozen=True)
class Outcome:
    """How many rows of one table were kept and rejected."""

    rows: int
    rejected: int
    reasons: tuple[Reason, ...]
    """Most frequent first."""
    identical: int
    """Rows that repeat another in every column; they are kept where there is no key."""
    same_key: int
    """Rows that repeat a key and differ elsewhere."""


def screen(
    db: duckdb.DuckDBPyConnection,
    tables: Sequence[RawTable],
    malformed: Path,
    limit: float,
    bar: Bar,
) -> dict[str, Outcome]:
    """Return the outcome per table; the reasons for each row stay in `db`.

    Args:
        db: a connection of `duck.connect`.
        tables: all tables of one source.
        malformed: the file of malformed cells.
        limit: largest share of a table's rows that may be rejected.
        bar: shows progress.

    Raises:
        LockstepError: tables that lack columns, have other types, are empty or lose too many rows, all in one message.
    """
    faults: list[str] = []
    outcomes: dict[str, Outcome] = {}
    owner: RawTable | None = None
    for table in sorted(tables, key=lambda table: table.spec.kind != "entity"):  # events refer to entities
        found = faults_of_table(table, owner)
        if not found:
            outcomes[table.name] = _screen_one(db, table, owner, malformed, bar)
            found = [f"{table.name}: {line}" for line in verdict(outcomes[table.name], limit)]
        if table.spec.kind == "entity" and not found:
            # Without valid entities every event would be an orphan, which is no new information.
            owner = table
            reject.remember_entities(db, table)
        faults += found
    if faults:
        counted = f"{len(faults)} fault{'s' * (len(faults) != 1)} in the raw tables"
        raise LockstepError(f"process: {counted}; nothing was written", faults)
    return {table.name: outcomes[table.name] for table in tables}


def verdict(outcome: Outcome, limit: float) -> list[str]:
    """Return what is wrong with an outcome: too many rejects, or nothing left."""
    if outcome.rejected < outcome.rows and outcome.rejected <= limit * outcome.rows:
        return []
    reasons = "; ".join(
        f"{shorten(reason.column, 40)} {reason.check}: {reason.rows:,}"
        + (f" (such as {shorten(repr(reason.example), 30)})" if reason.example is not None else "")
        for reason in outcome.reasons[:REASONS_SHOWN]
    )
    share = f"{outcome.rejected:,} of {outcome.rows:,} rows are rejected ({outcome.rejected / outcome.rows:.2%})"
    allowed = f"process.max_reject_share allows {limit:.2%}" if limit < 1 else "no row is left"
    return [f"{share}, {allowed}; mostly {reasons}"]


def _screen_one(
    db: duckdb.DuckDBPyConnection, table: RawTable, owner: RawTable | None, malformed: Path, bar: Bar
) -> Outcome:
    reject.start(db, table)
    with bar(f"checking {table.name}", table.rows) as advance:
        reject.add_cells(db, table, advance)
    reject.add_malformed(db, table, malformed)
    if owner is not None:
        reject.add_orphans(db, table)
    repeats = {columns: reject.add_repeats(db, table, columns) for columns in table.unique}
    key = table.spec.key
    identical, same_key = repeats[(key,)] if key is not None else (reject.count_identical(db, table), 0)
    reasons = tuple(Reason(*row) for row in reject.count_reasons(db, table))
    return Outcome(table.rows, reject.count_rejected(db, table), reasons, identical, same_key)
