"""Rows of each table by stage, rejects by reason, statistics by column."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from lockstep.core.files import read_json
from lockstep.core.manifest import Manifest, TableEntry
from lockstep.pipeline.report.facts import Column, Data, Reject, Table
from lockstep.pipeline.report.gather.problem import instant

MALFORMED = "malformed"  # written by ingest; not a table of the user
SHORT = 12  # hex digits of a shown digest


def gather(raw: Path, processed: Path) -> Data:
    """Return the facts about the tables.

    Raises:
        LockstepError: a manifest or the quality report is damaged.
    """
    before, after = Manifest.read(raw).tables, Manifest.read(processed).tables
    path = processed / "quality.json"
    quality = read_json(path) if path.is_file() else {}
    names = [name for name in before if name != MALFORMED]
    return Data(
        tables=tuple(_table(name, before[name], after.get(name), quality.get(name, {})) for name in names),
        rejects=tuple(reject for name in names for reject in _rejects(name, quality.get(name, {}))),
        columns=tuple(column for name in names for column in _columns(name, quality.get(name, {}))),
    )


def _table(name: str, raw: TableEntry, processed: TableEntry | None, quality: Mapping[str, Any]) -> Table:
    entry = processed or raw
    return Table(
        name=name,
        raw=raw.rows,
        processed=processed.rows if processed else None,
        rejected=quality.get("rejected"),
        span=_span(entry.span),
        digest=entry.sha256[:SHORT],
    )


def _span(span: tuple[datetime, datetime] | None) -> tuple[str, str] | None:
    return (instant(span[0]), instant(span[1])) if span else None


def _rejects(table: str, quality: Mapping[str, Any]) -> list[Reject]:
    """Return the failed checks, the most frequent first."""
    found = [
        Reject(table, column, check, rows)
        for column, checks in quality.get("rejects", {}).items()
        for check, rows in checks.items()
    ]
    return sorted(found, key=lambda reject: (-reject.rows, reject.column, reject.check))


def _columns(table: str, quality: Mapping[str, Any]) -> list[Column]:
    return [
        Column(
            table=table,
            name=name,
            type=column.get("type", ""),
            missing_share=column.get("missing_share"),
            distinct=column.get("distinct"),
            low=column.get("min"),
            high=column.get("max"),
            mean=column.get("mean"),
            outliers=(column.get("outliers") or {}).get("rows"),
        )
        for name, column in quality.get("columns", {}).items()
    ]
