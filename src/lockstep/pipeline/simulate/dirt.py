"""Known dirt at known rates.

Dirty rows are added and replace nothing: each is a copy of a clean row with one fault, under a new
key unless the key is the fault. So the clean rows are complete without the dirty ones.
"""

from collections.abc import Callable, Sequence

import numpy as np

from lockstep.pipeline.simulate.tables import CUSTOMERS, Column, Rows, Table

Spoil = Callable[[np.random.Generator, Table, Rows], Rows]

FOREIGN_CODES = ('x"; DROP TABLE orders; --', "<script>alert(1)</script>", "O'Brien", "N/A", "Größe ✗", "{{ 7 * 7 }}")
NOBODY = 2_000_000_000
"""Added to a customer's key to get one that does not exist."""
FUTURE = np.datetime64("2099-01-01", "s")


def _copy(_: np.random.Generator, __: Table, rows: Rows) -> Rows:
    return rows


def _conflict(_: np.random.Generator, table: Table, rows: Rows) -> Rows:
    """Another valid value under the same key."""
    column, codes = next(iter(table.codes.items()))
    following = dict(zip(codes, (*codes[1:], codes[0]), strict=True))
    values = np.array([following[code] for code in rows[column].data], dtype=object)
    return {**rows, column: np.ma.MaskedArray(values)}


def _negative(_: np.random.Generator, table: Table, rows: Rows) -> Rows:
    return {**rows, table.measure: np.ma.MaskedArray(-rows[table.measure].filled(1))}


def _unknown_code(rng: np.random.Generator, table: Table, rows: Rows) -> Rows:
    size = len(rows[table.key])
    foreign = np.array(FOREIGN_CODES, dtype=object)[rng.integers(0, len(FOREIGN_CODES), size)]
    which = rng.integers(0, len(table.codes), size)
    spoilt = {
        name: np.ma.MaskedArray(np.where(which == place, foreign, rows[name].data))
        for place, name in enumerate(table.codes)
    }
    return {**rows, **spoilt}


def _null(rng: np.random.Generator, table: Table, rows: Rows) -> Rows:
    which = rng.integers(0, len(table.required), len(rows[table.key]))
    spoilt = {
        name: np.ma.MaskedArray(rows[name].data, mask=which == place) for place, name in enumerate(table.required)
    }
    return {**rows, **spoilt}


def _orphan(_: np.random.Generator, __: Table, rows: Rows) -> Rows:
    return {**rows, "customer_id": rows["customer_id"] + NOBODY}


def _future(_: np.random.Generator, table: Table, rows: Rows) -> Rows:
    time = rows[table.time].data
    return {**rows, table.time: np.ma.MaskedArray(FUTURE + (time - time.astype("M8[Y]").astype("M8[s]")))}


KINDS: dict[str, tuple[float, Spoil]] = {
    "copy": (0.002, _copy),
    "conflict": (0.001, _conflict),
    "negative": (0.002, _negative),
    "unknown_code": (0.002, _unknown_code),
    "null": (0.002, _null),
    "orphan": (0.002, _orphan),
    "future": (0.001, _future),
}
"""Kind -> dirty rows per clean row, and the function that makes them; customers have no orphans."""
SAME_KEY = ("copy", "conflict")


def kinds_of(table: Table) -> dict[str, float]:
    """Return the rate of each kind of dirt in a table."""
    return {kind: rate for kind, (rate, _) in KINDS.items() if kind != "orphan" or table.key != CUSTOMERS.key}


def spoil(rng: np.random.Generator, table: Table, clean: Rows, spare: int) -> tuple[Rows, dict[str, int]]:
    """Return the clean rows followed by dirty ones, and how many there are of each kind.

    Args:
        rng: of the choice of rows and faults.
        table: of the rows.
        clean: rows without a fault.
        spare: first of the keys that no clean row uses.
    """
    rates = kinds_of(table)
    size, share = len(clean[table.key]), sum(rates.values())
    dirty = int(size * share + rng.random())  # the total is exact but for one row, so that a small shop is not all dirt
    counts = rng.multinomial(dirty, np.array(list(rates.values())) / share)
    chosen = np.split(rng.choice(size, dirty, replace=False), np.cumsum(counts)[:-1])
    parts = [clean]
    for kind, places in zip(rates, chosen, strict=True):
        rows = {name: column[places] for name, column in clean.items()}
        if kind not in SAME_KEY:
            rows[table.key] = np.ma.MaskedArray(spare + np.arange(len(places)))
            spare += len(places)
        parts.append(KINDS[kind][1](rng, table, rows))
    counted = {kind: int(count) for kind, count in zip(rates, counts, strict=True)}
    return {name: _end_to_end([part[name] for part in parts]) for name in clean}, counted


def _end_to_end(columns: Sequence[Column]) -> Column:
    joined: Column = np.ma.concatenate(columns)  # type: ignore[no-untyped-call] # numpy has no types for it
    return joined
