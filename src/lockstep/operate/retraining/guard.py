"""Guard rails: may a retraining run? Decided from plain values; somebody else gathers them and acts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lockstep.core.spec import format_duration
from lockstep.operate.retraining.naming import branch_name, shown
from lockstep.params.retrain import RetrainSpec


@dataclass(frozen=True)
class Permission:
    """Whether to go on; the reasons are those against it, or what was found."""

    allowed: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Situation:
    """What is known before anything runs."""

    as_of: datetime
    """Asked for."""
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

    - An as_of is retrained once: the branch that was left stands for it until somebody deletes it, also where other
      parameters are asked for, for two branches cannot have one name.
    - Time runs forwards: at an earlier as_of the champion has learnt from the rows that would test it.
    - Other parameters are a person's wish. They may be tried on the champion's own as_of, and need not wait:
      `retrain.cooldown` holds back schedules and drift alone.
    - What a retraining committed starts no other one for the same as_of.
    """
    reasons = tuple(_against(spec, situation))
    return Permission(not reasons, reasons)


def enough_rows(spec: RetrainSpec, before: Mapping[str, int], now: Mapping[str, int]) -> Permission:
    """Return whether the source has gained enough to learn from.

    Args:
        spec: the section `retrain`.
        before: event table -> rows, as the champion had them.
        now: the same for the as_of asked for.
    """
    # By table: rows that one has lost take nothing away from what another has gained.
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
        yield f"{branch_name(as_of)} is there already; delete the branch, here and at the remote, to run it again"
    if situation.own is not None and as_of <= situation.own:
        yield f"the champion's commit is itself the retraining for {shown(situation.own)}"
    if base is not None and as_of < base:
        yield f"{shown(as_of)} lies before the champion's as_of {shown(base)}: it has learnt from what would test it"
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
