"""Results of commits and experiments: parameters, metrics and intervals, from git and DVC's cache."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lockstep.artifacts.evaluation import NAME, Evaluation
from lockstep.core.commands import run
from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.versioning.cache import Cache, Unknown
from lockstep.versioning.lockfile.lock import Lock
from lockstep.versioning.project import Project
from lockstep.versioning.revision import experiments
from lockstep.versioning.worktree import resolve

HEAD = "HEAD"
PLACE = Workspace()


@dataclass(frozen=True)
class Interval:
    """The main metric of the test split with its interval, unrounded."""

    metric: str
    greater_is_better: bool
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Tried:
    """One result.

    Attributes:
        name: HEAD, `workspace`, or the experiment's name.
        commit: its hash; None for the checkout as it is.
        params: dotted key -> value, as dvc.lock has them.
        metrics: of data/reports/metrics.json.
        interval: of the main metric; None where its evaluation is not in the cache.
    """

    name: str
    commit: str | None
    params: Mapping[str, str]
    metrics: Mapping[str, float | str]
    interval: Interval | None = None


def collect(root: Path, *, everywhere: bool = False) -> list[Tried]:
    """Return HEAD, the checkout where its lock differs from HEAD's, and the experiments made from HEAD.

    Args:
        root: of the checkout.
        everywhere: the experiments made from other commits as well.

    Raises:
        LockstepError: this is no git repository, or HEAD has no dvc.lock.
    """
    project = Project(root)
    head = resolve(root, HEAD)
    first = _committed(project, HEAD, head)
    here = project.workspace
    metrics = _numbers(_text(Workspace(root).metrics))
    found = [first]
    if here.lock.outs != project.at(head, HEAD).lock.outs:
        found.append(_tried(project.cache, here.origin.name, None, here.lock, metrics))
    chosen = (one for one in experiments(root) if everywhere or one.base == head)
    return [*found, *(_committed(project, one.name, one.commit) for one in chosen)]


def _committed(project: Project, name: str, commit: str) -> Tried:
    lock = project.at(commit, name).lock
    try:
        text = run(["git", "show", f"{commit}:./{PLACE.metrics.as_posix()}"], project.root)
    except LockstepError:  # metrics need not be in git
        text = ""
    return _tried(project.cache, name, commit, lock, _numbers(text))


def _tried(cache: Cache, name: str, commit: str | None, lock: Lock, metrics: Mapping[str, float | str]) -> Tried:
    params = {param.name: param.value for one in lock.executions for param in one.params}
    return Tried(name, commit, params, metrics, _interval(_evaluation(cache, lock)))


def _interval(evaluation: Evaluation | None) -> Interval | None:
    if evaluation is None:
        return None
    score = evaluation.main_score
    value, low, high = score.model.value, score.model.low, score.model.high
    if value is None or low is None or high is None:
        return None
    return Interval(score.name, score.greater_is_better, value, low, high)


def _evaluation(cache: Cache, lock: Lock) -> Evaluation | None:
    """Return the pinned evaluation, or None where the cache lacks it or it is of another version of Lockstep."""
    pin = lock.outs.get(PLACE.evaluation.as_posix())
    listing = cache.listing(pin.md5) if pin else Unknown("not pinned")
    if isinstance(listing, Unknown):
        return None
    found = next((cache.json(entry.md5) for entry in listing if entry.path == NAME), Unknown("none"))
    try:
        return None if isinstance(found, Unknown) else Evaluation.model_validate(found)
    except ValidationError:
        return None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _numbers(text: str) -> dict[str, float | str]:
    try:
        found: Any = json.loads(text or "{}")
    except ValueError:
        return {}
    return {str(name): value for name, value in found.items() if isinstance(value, int | float | str)}
