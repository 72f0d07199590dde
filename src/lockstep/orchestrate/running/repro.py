"""Runs one stage by `dvc repro --single-item`, in a process group of its own."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

from lockstep.core.commands import environment_of
from lockstep.core.errors import TRANSIENT, LockstepError
from lockstep.core.progress import INTERVAL
from lockstep.orchestrate.dvc_repo.cached_objects import Damage, inspect, set_aside
from lockstep.orchestrate.dvc_repo.repair import set_aside_folder
from lockstep.orchestrate.running.forks import Forks
from lockstep.orchestrate.running.outcome import UNAVAILABLE, Failure, Fault, Outcome, failure, outcome
from lockstep.orchestrate.running.output import FirstAndLast
from lockstep.orchestrate.running.process import Program, StoppedError, TimeLimitError, follow

PATIENCE = 300.0  # seconds to wait for DVC's lock, which another DVC command holds
PAUSE = 1.0
FORCE = ("--force", "--no-run-cache")

PRELOADED = (
    "dvc.cli.parser",
    "dvc.analytics",
    "dvc.cachemgr",
    "dvc.dvcfile",
    "dvc.lock",
    "dvc.repo.reproduce",
    "dvc.rwlock",
    "dvc.stage.run",
    "dvc.utils.strictyaml",
    "networkx",
    "scmrepo.git",
)
"""What `dvc repro` would import."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Done:
    """A stage that is up to date."""

    outcome: Outcome
    outs: Mapping[str, str]
    """Output -> hash."""


def reproduce(
    root: Path, stage: str, *, dvc: Forks, say: Say, stop: Event, timeout: float | None, force: bool = False
) -> Done | Failure:
    """Bring one stage up to date as `dvc repro` does, and verify its outputs in DVC's cache.

    DVC may have taken outputs from its cache: a damaged object is moved out of the cache, and the stage runs.

    Args:
        root: of the project.
        stage: its name.
        dvc: see `dvc_program`.
        say: called with each line that it prints.
        stop: set from another thread to end it.
        timeout: time limit in seconds.
        force: whether to run it even if DVC finds nothing to do.

    Raises:
        StoppedError: `stop` was set.
        LockstepError: DVC's cache returns other content than was written.
    """
    run = partial(_when_unlocked, dvc, stage, say=say, stop=stop, timeout=timeout)
    done = run(FORCE if force else ())
    try:
        pinned = inspect(root, stage)
    except LockstepError:
        if isinstance(done, Failure):
            return done  # a full disk leaves half a lock file: the failure is the cause
        raise
    if pinned.damages:
        _set_aside(root, pinned.damages, say)
        done = run(FORCE)
        pinned = inspect(root, stage)
        if pinned.damages:
            raise LockstepError(f"{root}: DVC's cache returns other content than was written", map(str, pinned.damages))
    return done if isinstance(done, Failure) else Done(done, pinned.outs)


def _set_aside(root: Path, damages: Iterable[Damage], say: Say) -> None:
    folder = set_aside_folder(root)
    set_aside(damages, folder)
    for damage in damages:
        say(f"damaged in DVC's cache, set aside in {folder}: {damage}")


def _when_unlocked(
    dvc: Forks, stage: str, options: tuple[str, ...], *, say: Say, stop: Event, timeout: float | None
) -> Outcome | Failure:
    deadline = time.monotonic() + PATIENCE
    while True:
        done = _once(dvc, stage, options, say, stop, timeout)
        if not isinstance(done, Failure) or not done.locked or time.monotonic() > deadline:
            return done
        stop.wait(PAUSE)


def _once(
    dvc: Forks, stage: str, options: tuple[str, ...], say: Say, stop: Event, timeout: float | None
) -> Outcome | Failure:
    if stop.is_set():
        raise StoppedError
    output = FirstAndLast()

    def add(line: str) -> None:
        output.add(line)
        say(line)

    arguments = ("repro", "--single-item", *options, "--", stage)
    try:
        code = follow(dvc.take(), arguments, add, stop, timeout)
    except TimeLimitError:
        return Failure(
            Fault.TIMED_OUT, f"{stage}: still running after {timeout:g} s (`timeout` of its meta in dvc.yaml)"
        )
    return failure(stage, code, output.lines) if code else outcome(output.lines)


def dvc_program(root: Path) -> Program:
    """Return DVC as a program that runs stages with the project's own code."""
    own = {INTERVAL: "1", TRANSIENT: str(UNAVAILABLE)}
    return Program("dvc", root, {**environment_of(root), **own}, PRELOADED)
