"""Which split a row belongs to: by its cutoff, or by a hash of the row alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lockstep.core.errors import LockstepError
from lockstep.core.spec import format_duration

if TYPE_CHECKING:
    import ibis.expr.types as ir

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class TimeSplit:
    """The cutoffs of each split, ascending, and those left out because they lie within an embargo."""

    train: tuple[datetime, ...]
    valid: tuple[datetime, ...]
    test: tuple[datetime, ...]
    embargoed: tuple[datetime, ...]


def split_by_time(cutoffs: Sequence[datetime], valid: int, test: int, embargo: timedelta) -> TimeSplit:
    """Return the newest `test` cutoffs as test, the newest `valid` before their embargo as valid, the rest as train.

    The last cutoff of a split plus the embargo is at or before the first of the next. A cutoff in
    between (28 February, with an embargo of 30 days before 28 March) goes to no split.

    Raises:
        LockstepError: no cutoff is left to train on.
    """
    ordered = sorted(cutoffs)
    tested = tuple(ordered[-test:])
    before_test = _clear_of(ordered[:-test], tested[0], embargo)
    validated = before_test[-valid:]
    trained = _clear_of(before_test[:-valid], validated[0], embargo) if validated else ()
    if not trained:
        raise LockstepError(
            f"split: {len(ordered)} cutoffs with an embargo of {format_duration(embargo)} leave none to train on, "
            f"with valid = {valid} and test = {test}; raise features.cutoffs.last"
        )
    used = {*tested, *validated, *trained}
    return TimeSplit(trained, validated, tested, tuple(cutoff for cutoff in ordered if cutoff not in used))


def _clear_of(cutoffs: Sequence[datetime], first: datetime, embargo: timedelta) -> tuple[datetime, ...]:
    return tuple(cutoff for cutoff in cutoffs if first - cutoff >= embargo)


def time_column(cutoff: ir.Column, plan: TimeSplit) -> ir.StringValue:
    """Return `train`, `valid` or `test`, and null at any other cutoff."""
    import ibis

    parts = ((plan.train, "train"), (plan.valid, "valid"), (plan.test, "test"))
    return ibis.cases(*((cutoff.isin(instants), name) for instants, name in parts))


def hash_column(unit: ir.Column, seed: int, valid: float, test: float) -> ir.StringValue:
    """Return `train`, `valid` or `test` from a hash of the unit that stays together: a row's key, an entity, a group.

    The share of every class in a split is right in expectation only. Exact shares per class would
    have to rank rows against each other, and a new row could then move old ones.
    """
    import ibis

    digest = row_hash(unit, seed, "split")
    return ibis.cases((digest < bound(test), "test"), (digest < bound(test + valid), "valid"), else_="train")


def row_hash(unit: ir.Column, seed: int, purpose: str) -> ir.StringValue:
    """Return 32 hex digits that depend on the value, seed and purpose alone: MD5, the same on every engine.

    Compared as texts they order rows at random; read as a fraction they are uniform in [0, 1).
    """
    import ibis

    return (ibis.literal(f"{seed}:{purpose}:") + unit.cast("string")).hexdigest("md5")


def bound(share: float) -> str:
    """Return the hex digits that a uniform hash lies below with probability `share` (below 1)."""
    return f"{int(share * 2**53) << 75:032x}"
