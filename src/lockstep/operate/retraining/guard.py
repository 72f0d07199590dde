"""Guard rails: may a retraining run? Pure functions of plain values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lockstep.core.spec import format_duration
from lockstep.operate.retraining.naming import branch_name, shown
from lockstep.params.retrain import RetrainSpec


@dataclass(frozen=True)
class Permission:
    """Whether to continue, and the reasons against it or what was found."""

    allowed: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Situation:
    """The situation before anything runs."""

    as_of: datetime
    """The requested one."""
    base: datetime | None
    """`source.as_of` of the champion's commit; None for a flat table without one."""
    changed: bool
    """Whether other parameters are to be changed as well."""
    earlier: tuple[datetime, ...]
    """as_of of the retrainings that left a branch."""
    own: datetime | None
    """as_of of the retraining that made the champion's commit, if one did."""


def may_start(spec: RetrainSpec, situation: Situation) -> Permission:
    """Return whether a retraining may run, with every reason against it.

    - An as_of is retrained once, until its branch is deleted; also with other parameters, because branch names are
      unique.
    - as_of does not go back: at an earlier one, the champion was trained on rows that would test it.
    - Other parameters are a person's request: they may be tried on the champion's own as_of, and without
      `retrain.cooldown`, which applies to schedules and drift only.
    - A commit made by a retraining starts no other retraining for the same as_of.
    """
    reasons = tuple(_against(spec, situation))
    return Permission(not reasons, reasons)


def enough_rows(spec: RetrainSpec, before: Mapping[str, int], now: Mapping[str, int]) -> Permission:
    """Return whether the source has enough new rows.

    Args:
        spec: the section `retrain`.
        before: event table -> rows, as the champion had them.
        now: the same for the as_of asked for.
    """
    # By table: removed rows of one table do not offset new rows of another.
    gained = {table: max(0, rows - before.get(table, 0)) for table, rows in now.items()}
    total = sum(gained.values())
    parts = ", ".join(f"{table} {rows:,}" for table, rows in gained.items() if rows)
    text = f"{total:,} new rows{f' ({parts})' * bool(parts)}; retrain.min_new_rows is {spec.min_new_rows:,}"
    return Permission(total >= spec.min_new_rows, (text,))


def _against(spec: RetrainSpec, situation: Situation) -> Iterator[str]:
    as_of, base = situation.as_of, situation.base
    if spec.mode == "disabled":
        yield "retrain.mode is disabled"
    if as_of in situation.earlier:
        yield f"{branch_name(as_of)} exists already; to retrain again, delete the branch here and at the remote"
    if situation.own is not None and as_of <= situation.own:
        yield f"the champion's commit is itself the retraining for {shown(situation.own)}"
    if base is not None and as_of < base:
        yield f"{shown(as_of)} is before the champion's as_of {shown(base)}, so its test rows trained the champion"
    if as_of == base and not situation.changed:
        yield f"the champion's as_of is {shown(base)} already, and no other parameter changes"
    if spec.cooldown is not None and not situation.changed:
        near = [moment for moment in _known(situation) if timedelta(0) < abs(as_of - moment) < spec.cooldown]
        if near:
            nearest = min(near, key=lambda moment: abs(as_of - moment))
            length = format_duration(spec.cooldown)
            yield f"{shown(as_of)} is less than retrain.cooldown = {length} from the as_of {shown(nearest)}"


def _known(situation: Situation) -> tuple[datetime, ...]:
    """Return the as_of of the retrainings so far; the champion's counts as one."""
    return situation.earlier if situation.base is None else (*situation.earlier, situation.base)
