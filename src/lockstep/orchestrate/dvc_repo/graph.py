"""The pipeline as DVC resolves it: its stages in DVC's order, with their dependencies."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.core.errors import LockstepError, closest
from lockstep.orchestrate.dvc_repo.policy import Policy, policy
from lockstep.orchestrate.dvc_repo.repository import opened

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage as DvcStage

PIPELINE = "dvc.yaml"


@dataclass(frozen=True)
class Stage:
    """One stage of the pipeline, as `dvc repro` would run it."""

    name: str
    """As `dvc repro` takes it in the root: `train`, `train@fold1`, `other/dvc.yaml:train`, `rates.csv.dvc`."""
    upstream: tuple[str, ...]
    policy: Policy
    description: str


def stages(root: Path, targets: Sequence[str] = ()) -> tuple[Stage, ...]:
    """Return the stages that `dvc repro TARGETS` would look at, each after those whose outputs it reads.

    Raises:
        LockstepError: DVC cannot resolve the pipeline, or a target is not in it.
    """
    from dvc.repo.reproduce import get_active_graph, plan_repro

    with opened(root) as repo:
        graph = get_active_graph(repo.index.graph)
        names = {stage: name_of(stage) for stage in graph}
        return tuple(
            Stage(
                name=names[stage],
                upstream=tuple(sorted(names[other] for other in graph.successors(stage))),
                policy=policy(names[stage], stage.meta),
                description=stage.short_description() or "",
            )
            for stage in plan_repro(graph, _wanted(names, targets))
        )


def find(repo: "Repo", name: str) -> "DvcStage":
    """Return DVC's own stage of that name.

    Raises:
        LockstepError: there is none.
    """
    names = {name_of(stage): stage for stage in repo.index.stages}
    if name not in names:
        raise LockstepError(f"{PIPELINE}: no stage {name!r}{closest(name, names)}")
    return names[name]


def name_of(stage: "DvcStage") -> str:
    """Return the name that `dvc repro` takes in the project's root; the current folder does not matter."""
    path, name = stage.path_in_repo.partition(":")[0], getattr(stage, "name", None)
    if name is None:
        return str(path)
    return str(name) if path == PIPELINE else f"{path}:{name}"


def _wanted(names: dict["DvcStage", str], targets: Sequence[str]) -> list["DvcStage"]:
    """Return the targets; without any, all stages of the root's dvc.yaml, as `dvc repro` does."""
    if not targets:
        return [stage for stage in names if stage.path_in_repo.partition(":")[0] == PIPELINE]
    found = {target: [s for s, name in names.items() if _is(name, target)] for target in targets}
    if missing := [target for target, stages_ in found.items() if not stages_]:
        raise LockstepError(f"{PIPELINE}: no such stage", [f"{t}{closest(t, names.values())}" for t in missing])
    return [stage for stages_ in found.values() for stage in stages_]


def _is(name: str, target: str) -> bool:
    """A matrix or foreach stage may be named as a whole: `train` is every `train@...`."""
    return name == target or name.startswith(f"{target}@")
