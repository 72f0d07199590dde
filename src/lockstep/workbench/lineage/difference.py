"""How one lineage differs from another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lockstep.versioning.lockfile.lock import Execution, Pin


@dataclass(frozen=True)
class Change:
    """A stage that differs: its command, values of params, what it read and what it wrote."""

    stage: str
    standing: str
    """`changed`, `only here` or `not here`."""
    cmd: str | None = None
    params: tuple[tuple[str, str | None, str | None], ...] = ()
    """Name, value there, value here, as JSON; None where there is none."""
    read: tuple[str, ...] = ()
    """Paths whose hash differs."""
    made: tuple[Pin, ...] = ()
    """Results that differ, as they are here."""


def changes(there: Iterable[Execution], here: Iterable[Execution]) -> tuple[Change, ...]:
    """Return what differs here, stages in the order in which they are here."""
    old, new = ({one.stage: one for one in steps} for steps in (there, here))
    changed = [_change(old[name], one) for name, one in new.items() if name in old and old[name] != one]
    added = [Change(name, "only here", made=one.outs) for name, one in new.items() if name not in old]
    removed = [Change(name, "not here") for name in old if name not in new]
    return (*changed, *added, *removed)


def _change(old: Execution, new: Execution) -> Change:
    return Change(
        new.stage,
        "changed",
        new.cmd if new.cmd != old.cmd else None,
        tuple(_params(old, new)),
        tuple(dict.fromkeys(pin.path for pin in (*new.deps, *old.deps) if (pin in new.deps) != (pin in old.deps))),
        tuple(pin for pin in new.outs if pin not in old.outs),
    )


def _params(old: Execution, new: Execution) -> Iterator[tuple[str, str | None, str | None]]:
    before, after = ({one.name: one.value for one in step.params} for step in (old, new))
    for name in {**after, **before}:
        if before.get(name) != after.get(name):
            yield name, before.get(name), after.get(name)
