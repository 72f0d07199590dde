"""Part `params`: changed keys of params.yaml, their meaning, and warnings."""

from collections.abc import Mapping
from itertools import islice

from lockstep.core.errors import LockstepError
from lockstep.params.meaning import meaning
from lockstep.versioning.lockfile.lock import params
from lockstep.workbench.review.kinds import Alarm, Kind, kind_of
from lockstep.workbench.review.part import Part
from lockstep.workbench.review.side import PARAMS, Side

MOST = 20_000
"""Maximum number of keys of a file; a few lines of YAML can expand to millions."""


class Change(Part):
    """One dotted key with its values as JSON; None if the key is absent."""

    key: str
    old: str | None
    new: str | None
    meaning: str | None
    kind: Kind
    alarm: Alarm | None
    warning: str | None
    """For the reviewer."""


def changes(old: Side, new: Side) -> tuple[Change, ...]:
    """Return the changed keys: those with a warning first, then in file order.

    Raises:
        LockstepError: a params.yaml is missing or cannot be read.
    """
    before, after = (_values(side) for side in (old, new))
    keys = [key for key in {**after, **before} if before.get(key) != after.get(key)]
    found = [_change(key, before.get(key), after.get(key)) for key in keys]
    return tuple(sorted(found, key=lambda change: change.warning is None))


def _change(key: str, old: str | None, new: str | None) -> Change:
    kind, caution = kind_of(key)
    alarm, warning = (caution.alarm, caution.text) if caution else (None, None)
    return Change(key=key, old=old, new=new, meaning=meaning(key), kind=kind, alarm=alarm, warning=warning)


def _values(side: Side) -> Mapping[str, str]:
    found = list(islice(params({PARAMS: side.params}), MOST + 1))
    if len(found) > MOST:
        raise LockstepError(f"{side.name}: {PARAMS}: more than {MOST:,} keys")
    values: dict[str, list[str]] = {}
    for one in found:
        values.setdefault(str(one.name), []).append(one.value)
    # `a: {b: 1}` and `a.b: 2` have the same dotted key: show both values.
    return {name: " and ".join(those) for name, those in values.items()}
