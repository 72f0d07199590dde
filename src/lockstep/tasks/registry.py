"""The kinds of task by name: those of this package, and those of installed plugins."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated

from pydantic import AfterValidator

from lockstep.core.errors import LockstepError, closest
from lockstep.tasks.task import Task

BUILT_IN = ("binary", "multiclass", "regression")
"""Each is a module of this package with a `TASK`, imported at first use."""
GROUP = "lockstep.tasks"
"""Entry points of this group are tasks of other packages, found by every process."""

_registered: dict[str, Task] = {}


def task(name: str) -> Task:
    """Return the task of that name.

    Raises:
        LockstepError: there is none, or its entry point is not a `Task` of that name.
    """
    if name not in _registered:
        plugins = {} if name in BUILT_IN else _plugins()
        if name in BUILT_IN:
            _registered[name] = import_module(f"lockstep.tasks.{name}").TASK
        elif name in plugins:
            _registered[name] = _load(plugins[name])
        else:
            raise LockstepError(f"unknown task {name!r}: {_expected(name)}")
    return _registered[name]


def names() -> tuple[str, ...]:
    """Return the names of all tasks, those of this package first."""
    return tuple(dict.fromkeys((*BUILT_IN, *_registered, *sorted(_plugins()))))


def register(task: Task) -> None:
    """Add a task to this process; an entry point of the group `lockstep.tasks` adds it to every process.

    Raises:
        LockstepError: another task has its name.
    """
    if task.name in names():
        raise LockstepError(f"task {task.name!r} exists already; expected a new name")
    _registered[task.name] = task


def _expected(name: str) -> str:
    return f"expected one of {', '.join(names())}{closest(name, names())}"


def _known(name: str) -> str:
    if name not in BUILT_IN and name not in names():
        raise ValueError(_expected(name))
    return name


TaskName = Annotated[str, AfterValidator(_known)]
"""A field that holds the name of a task; another name is an error that lists the known ones."""


def _plugins() -> Mapping[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _load(point: EntryPoint) -> Task:
    found = point.load()
    if not isinstance(found, Task) or found.name != point.name:
        raise LockstepError(f"entry point {point.name} = {point.value}: expected a Task named {point.name!r}")
    return found
