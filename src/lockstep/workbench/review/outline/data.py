"""Section `Data`: changed datasets, and drift of the training rows."""

from collections.abc import Iterator

from lockstep.workbench.review.data import Before, Dataset
from lockstep.workbench.review.data import Table as Known
from lockstep.workbench.review.outline.blocks import (
    NOTHING,
    Line,
    Section,
    Table,
    Text,
    Tone,
    code,
    codes,
    counted,
    line,
    number,
    table,
)
from lockstep.workbench.review.review import Review
from lockstep.workbench.review.shift import Shift

HEX = 8  # digits of a hash
NAMES, MANY = 6, 60


def data(review: Review) -> Section:
    """Return the changed datasets, and the drift of the training rows."""
    lines = [*_hashes(review.datasets), *_shift(review.shift)]
    if not review.datasets:
        lines.insert(0, line("No change in raw, processed and feature data."))
    return Section("Data", tuple(lines), (*_tables(review.datasets), *_drifted(review.shift)))


def _hashes(datasets: tuple[Dataset, ...]) -> Iterator[Line]:
    for one in datasets:
        old, new = (code((hash_ or "")[:HEX]) for hash_ in (one.old, one.new))
        moved: list[Text | str] = (
            [old, " to ", new] if one.old and one.new else ["new, ", new] if one.new else ["removed, was ", old]
        )
        yield line(code(one.path), ": ", *moved, *([f"; {one.left_out}"] if one.left_out else []))


def _tables(datasets: tuple[Dataset, ...]) -> Iterator[Table]:
    rows = [(code(_named(one, known)), *_numbers(known)) for one in datasets for known in one.tables]
    if rows:
        yield table(("table", "#new rows", "#old rows", "span", "#rejected"), rows)
    columns: dict[tuple[str, ...], list[str]] = {}
    for one in datasets:
        for known in one.tables:
            columns.setdefault(known.columns, []).append(_named(one, known))
    changed = [(codes(names, NAMES), codes(those, MANY)) for those, names in columns.items() if those]
    if changed:
        yield table(("tables", "columns"), changed, f"Columns: {counted(sum(map(len, columns)), 'change')}")


def _named(dataset: Dataset, known: Known) -> str:
    return f"{dataset.path.rpartition('/')[2]}/{known.name}"


def _numbers(known: Known) -> tuple[str, str, str, str]:
    old, new = known.old, known.new
    return (
        number(new.rows, 0) if new else "removed",
        number(old.rows, 0) if old else "new",
        _moved(_span(old), _span(new)),
        _moved(_rejected(old), _rejected(new)),
    )


def _moved(old: str, new: str) -> str:
    return new if old in (new, NOTHING) else f"{new} (was {old})"


def _span(side: Before | None) -> str:
    return f"{side.span.first[:10]} to {side.span.last[:10]}" if side and side.span else NOTHING


def _rejected(side: Before | None) -> str:
    return number(side.rejected, 0) if side and side.rejected is not None else NOTHING


def _shift(shift: Shift | None) -> Iterator[Line]:
    if shift is None or shift.same:
        return
    old, new = shift.rows
    found = (
        f"{len(shift.drifted)} of {shift.judged} features and label drifted" if shift.judged else "drift not checked"
    )
    tone: Tone = "warning" if shift.drifted else "good"
    yield line("Training rows: ", number(new, 0), " (was ", number(old, 0), "); ", Text(found, tone), ".")
    for names, word in ((shift.added, "new"), (shift.removed, "removed")):
        if names:
            yield line(f"{word.capitalize()} features: ", *codes(names, NAMES))


def _drifted(shift: Shift | None) -> Iterator[Table]:
    if shift and shift.drifted:
        rows = [(code(one.name), number(one.psi, 3), one.reason) for one in shift.drifted]
        fold = f"Training rows: {len(rows)} drifted"
        yield table(("feature", "#PSI", "reason"), rows, fold)
