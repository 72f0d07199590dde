"""Two revisions by their pinned predictions: gathered, judged to be comparable or not, compared."""

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from lockstep.core.errors import LockstepError
from lockstep.core.files import read_model
from lockstep.core.manifest import read_frame
from lockstep.core.progress import Progress
from lockstep.core.spec import Spec, load
from lockstep.core.workspace import Workspace
from lockstep.evaluation.paired.result import Comparison
from lockstep.params.compare import CompareSpec
from lockstep.params.evaluate import EvaluateSpec
from lockstep.params.problem import ProblemSpec
from lockstep.params.split import SplitSpec
from lockstep.tasks.registry import TaskName
from lockstep.versioning.revision import Revision, evaluation, find, params

if TYPE_CHECKING:
    from lockstep.evaluation.paired.rows import Scored


NORMAL = 1.96  # standard deviations that hold 95% of a normal distribution


class Inputs(Spec):
    """How the checkout's params.yaml wants models compared."""

    seed: int
    evaluate: EvaluateSpec
    compare: CompareSpec = CompareSpec()


class Asked(Spec):
    """What a revision's params.yaml asks, and how it splits."""

    problem: ProblemSpec
    split: SplitSpec


class _Threshold(BaseModel):
    threshold: float


class _Evaluation(BaseModel):
    """What a comparison needs of evaluation.json; the rest may be of another version."""

    task: TaskName
    decision: _Threshold | None = None
    seed_deviation: float | None = None


@dataclass(frozen=True)
class Compared:
    """Both revisions, and the comparison or why there is none."""

    first: Revision
    second: Revision
    outcome: Comparison | str
    seed_noise: float | None = None
    """How far another seed alone moves the main metric's gain, 95% of the time; None where a side has but one fit."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values for `--json`."""
        names = {side: {"name": one.name, "commit": one.commit} for side, one in self._sides()}
        if isinstance(self.outcome, str):
            return {**names, "comparable": False, "reason": self.outcome}
        found = self.outcome.model_dump(mode="json")
        return {**names, "comparable": True, **found, "seed_noise": self.seed_noise}

    def _sides(self) -> Iterator[tuple[str, Revision]]:
        yield "first", self.first
        yield "second", self.second


def compare(workspace: Workspace, first: str, second: str) -> Compared:
    """Compare two revisions on the rows that are in both test splits.

    Args:
        workspace: the checkout; nothing in it is changed.
        first: a git revision, an experiment's name, or `workspace`.
        second: the one that is judged against it.

    Raises:
        LockstepError: a revision does not exist, or its evaluation cannot be had.
    """
    root = workspace.root.resolve()
    inputs = load(Inputs, workspace.params)
    revisions = find(root, first), find(root, second)
    with tempfile.TemporaryDirectory(prefix="lockstep-compare-") as folder:
        return Compared(*revisions, *_outcome(root, Path(folder), revisions, inputs))


def _outcome(
    root: Path, folder: Path, revisions: tuple[Revision, Revision], inputs: Inputs
) -> tuple[Comparison | str, float | None]:
    from lockstep.evaluation.paired.compare import compare as compare_rows
    from lockstep.evaluation.paired.rows import pair

    sides = [(revision, folder / side) for side, revision in zip(("first", "second"), revisions, strict=True)]
    for _, place in sides:
        place.mkdir()
    reason = different_questions(*(_asked(root, revision, place) for revision, place in sides))
    if reason:
        return reason, None
    scored, deviations = zip(*(_scored(root, revision, place) for revision, place in sides), strict=True)
    paired = pair(*scored)
    if isinstance(paired, str):
        return paired, None
    with Progress("compare").bar("resamples", inputs.evaluate.bootstrap) as advance:
        return compare_rows(paired, inputs.evaluate, inputs.compare, inputs.seed, advance), seed_noise(*deviations)


def seed_noise(first: float | None, second: float | None) -> float | None:
    """Return how far another seed moves the difference of two scores, 95% of the time, from their deviations."""
    return None if first is None or second is None else round(NORMAL * math.hypot(first, second), 6)


def different_questions(first: Asked, second: Asked) -> str | None:
    """Return why labels or splits make two models' test rows incomparable, or None.

    Other shares, an other number of test snapshots, or an other seed leave fewer common rows, which neither model has
    seen: those can be compared.
    """
    old, new = first.problem, second.problem
    changed = [key for key in ("task", "entity", "label") if getattr(old, key) != getattr(new, key)]
    if changed:
        return f"they answer different questions: problem.{', problem.'.join(changed)} changed"
    if first.split.by != second.split.by or first.split.group != second.split.group:
        return (
            f"the split changed from {first.split.by} to {second.split.by}: "
            "one of them may have learnt from what the other is tested on"
        )
    return None


def _asked(root: Path, revision: Revision, folder: Path) -> Asked:
    path = params(root, revision, folder)
    try:
        return load(Asked, path)
    except LockstepError as error:
        unread = f"{revision.shown}: its params.yaml is not one that this version reads"
        raise LockstepError(unread, error.details) from error


def _scored(root: Path, revision: Revision, folder: Path) -> tuple["Scored", float | None]:
    """Return a revision's predictions, and how far its main metric spreads over seeds."""
    from lockstep.evaluation.paired.rows import Scored

    directory = evaluation(root, revision, folder)
    path = directory / "predictions.parquet"
    if not path.is_file():
        raise LockstepError(f"{revision.shown}: no predictions.parquet; `dvc repro evaluate` makes it")
    found = read_model(_Evaluation, directory / "evaluation.json")
    threshold = found.decision.threshold if found.decision else None
    return Scored(read_frame(path), found.task, threshold), found.seed_deviation
