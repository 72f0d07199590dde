"""The two sides of a review: their names, files and locks."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError, shorten
from lockstep.versioning.lockfile.lock import LOCK, Lock, Pin, read_lock
from lockstep.versioning.lockfile.yaml_reader import parse
from lockstep.versioning.project import WORKSPACE
from lockstep.versioning.revision import find
from lockstep.versioning.worktree import resolve
from lockstep.workbench.review.files import Files, InCheckout, InCommit

PARAMS, PIPELINE = "params.yaml", "dvc.yaml"
SHORT = 7  # hex digits of a commit
NAME = 80  # characters of a branch or path
MAIN = ("main", "origin/main", "master", "origin/master")
"""Target branch of a change: the first one that exists."""


@dataclass(frozen=True)
class Side:
    """A revision, or the checkout itself.

    Attributes:
        name: as the user typed it.
        commit: its full hash; None for the checkout.
        files: its files.
    """

    name: str
    commit: str | None
    files: Files

    @cached_property
    def params(self) -> Mapping[str, Any]:
        """Its params.yaml.

        Raises:
            LockstepError: it has none, or one that cannot be read.
        """
        return self.document(PARAMS)

    @cached_property
    def pipeline(self) -> Mapping[str, Any]:
        """The stages of its dvc.yaml.

        Raises:
            LockstepError: it has none, or one that cannot be read.
        """
        stages = self.document(PIPELINE).get("stages") or {}
        if not isinstance(stages, Mapping):
            raise LockstepError(f"{self.name}: {PIPELINE}: stages: expected a mapping, got {type(stages).__name__}")
        return {str(name): stage for name, stage in stages.items()}

    @cached_property
    def lock(self) -> Lock:
        """Its dvc.lock, an empty one if there is none yet.

        Raises:
            LockstepError: it cannot be read.
        """
        text = self.files.text(LOCK)
        return read_lock(text, f"{self.name}: {LOCK}") if text is not None else Lock()

    def lists(self, stage: str) -> bool:
        """Return whether dvc.yaml has a stage; `train@a` is created from `train` by `foreach` or `matrix`."""
        return stage in self.pipeline or stage.partition("@")[0] in self.pipeline

    def pin(self, path: Path) -> Pin | None:
        """Return the pin of a path, or None; a stage that only dvc.lock still has does not count.

        Raises:
            LockstepError: dvc.yaml or dvc.lock cannot be read.
        """
        return self._pins.get(path.as_posix())

    @cached_property
    def _pins(self) -> Mapping[str, Pin]:
        return {pin.path: pin for one in self.lock.executions if self.lists(one.stage) for pin in one.outs if pin.md5}

    def document(self, path: str) -> Mapping[str, Any]:
        """Return the content of a YAML file.

        Raises:
            LockstepError: there is none, or it cannot be read.
        """
        text = self.files.text(path)
        if text is None:
            raise LockstepError(f"{self.name}: no {shorten(path, NAME)}")
        try:
            return parse(text)
        except ValueError as error:
            raise LockstepError(f"{self.name}: {shorten(path, NAME)}: not valid YAML", [str(error)]) from error


def sides(root: Path, base: str | None, head: str | None) -> tuple[Side, Side]:
    """Return the base and the head.

    Args:
        root: of the checkout.
        base: a git revision, an experiment, or `workspace`; None: where the head left main.
        head: the same; None: the checkout.

    Raises:
        LockstepError: there is no such revision, or no main to compare with.
    """
    second = _side(root, head or WORKSPACE)
    return (_side(root, base) if base else _left_main(root, second.commit or resolve(root, "HEAD"))), second


def _side(root: Path, name: str) -> Side:
    found = find(root, name)
    shown = found.name[:SHORT] if found.commit == found.name else found.name
    return Side(shorten(shown, NAME), found.commit, InCommit(root, found.commit) if found.commit else InCheckout(root))


def _left_main(root: Path, commit: str) -> Side:
    for name in MAIN:
        try:
            resolve(root, name)
        except LockstepError:
            continue
        return _named(root, name, _common(root, name, commit))
    raise LockstepError(f"no branch {MAIN[0]} or {MAIN[2]} here to compare with; name the BASE")


def _common(root: Path, name: str, commit: str) -> str:
    try:
        return run(["git", "merge-base", name, commit], root).strip()
    except LockstepError as error:
        hint = "in a shallow clone, `git fetch --unshallow` may find one; else name the BASE"
        raise LockstepError(f"{name} and {commit[:SHORT]} have no common ancestor", [hint]) from error


def _named(root: Path, name: str, commit: str) -> Side:
    """Return a commit of a branch, with the branch's name if it is its last commit."""
    last = resolve(root, name) == commit
    return Side(name if last else f"{name} at {commit[:SHORT]}", commit, InCommit(root, commit))
