"""Two revisions, compared by their pinned predictions; nothing in the checkout is changed."""

import tempfile
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from lockstep.core.errors import LockstepError
from lockstep.core.manifest import NAME
from lockstep.core.progress import Progress
from lockstep.core.spec import load
from lockstep.core.workspace import Workspace
from lockstep.decisions.comparability import different_designs
from lockstep.decisions.gather import candidates
from lockstep.decisions.gather.candidates import Candidate, Files, read_scored
from lockstep.decisions.paired.compare import compare as compare_rows
from lockstep.decisions.paired.result import Comparison, NotComparable
from lockstep.decisions.paired.rows import Scored, pair
from lockstep.decisions.paired.verdict import seed_noise
from lockstep.decisions.rules import Design, Rules
from lockstep.versioning.project import WORKSPACE
from lockstep.versioning.revision import Revision, find, output, params

PLACE = Workspace()


@dataclass(frozen=True)
class Compared:
    """Both revisions, and the comparison or why there is none."""

    first: Revision
    second: Revision
    outcome: Comparison | NotComparable
    seed_noise: float | None = None
    """How far another seed alone moves the main metric's gain, 95% of the time; None if a side has only one fit."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values for `--json`."""
        sides = {"first": self.first, "second": self.second}
        names = {side: {"name": one.name, "commit": one.commit} for side, one in sides.items()}
        found = {**names, "comparable": isinstance(self.outcome, Comparison), **self.outcome.model_dump(mode="json")}
        return found | ({"seed_noise": self.seed_noise} if found["comparable"] else {})


def compare(workspace: Workspace, first: str, second: str) -> Compared:
    """Compare two revisions on the rows that are in both test splits.

    Args:
        workspace: the checkout.
        first: a git revision, an experiment's name, or `workspace`.
        second: the one that is judged against it.

    Raises:
        LockstepError: a revision does not exist, or its evaluation is not available.
    """
    root = workspace.root.resolve()
    rules, revisions = load(Rules, workspace.params), (find(root, first), find(root, second))
    with tempfile.TemporaryDirectory(prefix="lockstep-compare-") as folder:
        sides = [_Side(root, one, Path(folder) / side) for side, one in zip("12", revisions, strict=True)]
        if different := different_designs(*(side.design for side in sides)):
            return Compared(*revisions, different)
        (old, old_deviation), (new, new_deviation) = (side.scored() for side in sides)
        paired = pair(old, new)
        if isinstance(paired, NotComparable):
            return Compared(*revisions, paired)
        with Progress("compare").bar("resamples", rules.evaluate.bootstrap) as advance:
            found = compare_rows(paired, rules.evaluate, rules.compare, rules.seed, advance)
        return Compared(*revisions, found, seed_noise(old_deviation, new_deviation))


def against(workspace: Workspace, champion: str) -> Comparison | NotComparable:
    """Compare the checkout's model with that of a revision, on the checkout's test split.

    Raises:
        LockstepError: there is no such revision, or its evaluation, or a model that must be run, is not available.
    """
    root = workspace.root.resolve()
    rules, revisions = load(Rules, workspace.params), (find(root, champion), find(root, WORKSPACE))
    with tempfile.TemporaryDirectory(prefix="lockstep-gate-") as folder:
        sides = [_Side(root, one, Path(folder) / side) for side, one in zip("12", revisions, strict=True)]
        if different := different_designs(*(side.design for side in sides)):
            return different
        old, new = (Candidate(side.of.shown, side.design, cache(side.files), side.scored()[0]) for side in sides)
        with Progress("gate").bar("resamples", rules.evaluate.bootstrap) as advance:
            return candidates.compare(old, new, rules, advance=advance)


@dataclass(frozen=True)
class _Side:
    """A revision; its files are copied to a folder when they are needed."""

    root: Path
    of: Revision
    folder: Path

    @cached_property
    def design(self) -> Design:
        self.folder.mkdir()
        try:
            return load(Design, params(self.root, self.of, self.folder))
        except LockstepError as error:
            raise LockstepError(f"{self.of.shown}: this version cannot read its params.yaml", error.details) from error

    def scored(self) -> tuple[Scored, float | None]:
        return read_scored(output(self.root, self.of, self.folder, PLACE.evaluation), self.of.shown)

    def files(self) -> Files:
        model = output(self.root, self.of, self.folder, PLACE.model)
        return Files(model, output(self.root, self.of, self.folder, PLACE.features, NAME))
