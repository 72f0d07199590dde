"""The learners by name: those of this package, and those of installed plugins."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from lockstep.core.errors import LockstepError, closest
from lockstep.learners import estimators

if TYPE_CHECKING:
    from lockstep.learners.spec import LearnerSpec

BUILT_IN = tuple(sorted(module.name for module in iter_modules(estimators.__path__)))
"""Each is a module of `estimators` with a `LEARNER`, imported at first use."""
GROUP = "lockstep.learners"
"""Entry points of this group are learners of other packages, found by every process."""

_registered: dict[str, LearnerSpec] = {}


def learner(name: str) -> LearnerSpec:
    """Return the learner of that name; its library is not loaded.

    Raises:
        LockstepError: there is none, or its entry point is not a `LearnerSpec` of that name.
    """
    if name not in _registered:
        plugins = {} if name in BUILT_IN else _plugins()
        if name in BUILT_IN:
            _registered[name] = import_module(f"lockstep.learners.estimators.{name}").LEARNER
        elif name in plugins:
            _registered[name] = _load(plugins[name])
        else:
            raise LockstepError(f"unknown learner {name!r}: {_expected(name)}")
    return _registered[name]


def names() -> tuple[str, ...]:
    """Return the names of all learners, those of this package first."""
    return tuple(dict.fromkeys((*BUILT_IN, *_registered, *sorted(_plugins()))))


def register(spec: LearnerSpec) -> None:
    """Add a learner to this process; an entry point of the group `lockstep.learners` adds it to every process.

    Raises:
        LockstepError: another learner has its name.
    """
    if spec.name in names():
        raise LockstepError(f"learner {spec.name!r} exists already; expected a new name")
    _registered[spec.name] = spec


def _plugins() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _load(point: EntryPoint) -> LearnerSpec:
    from lockstep.learners.spec import LearnerSpec

    found = point.load()
    if not isinstance(found, LearnerSpec) or found.name != point.name:
        raise LockstepError(f"entry point {point.name} = {point.value}: expected a LearnerSpec named {point.name!r}")
    return found


def _expected(name: str) -> str:
    return f"expected one of {', '.join(names())}{closest(name, names())}"


def _known(name: str) -> str:
    if name not in BUILT_IN and name not in names():
        raise ValueError(_expected(name))
    return name


Estimator = Annotated[str, AfterValidator(_known)]
"""The name of a learner, in params.yaml."""
