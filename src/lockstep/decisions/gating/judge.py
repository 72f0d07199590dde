"""The whole gate: what is pinned, and what only this machine, now, can tell."""

from collections.abc import Iterator
from pathlib import Path

from lockstep.artifacts.evaluation import Evaluation, Reason, Verdict
from lockstep.core.workspace import Workspace
from lockstep.decisions import gate
from lockstep.decisions.gating.latency import measure
from lockstep.decisions.revisions import compare
from lockstep.params.document import load_all
from lockstep.versioning.project import WORKSPACE


def judge(workspace: Workspace, champion: str | None = None) -> Verdict:
    """Return the pinned verdict with the rules that are judged here: latency, and the champion where one is named.

    Args:
        workspace: the checkout.
        champion: a git revision or an experiment's name.

    Raises:
        LockstepError: the evaluation is missing, the model cannot be read, or there is no such revision.
    """
    gates = load_all(workspace.params).evaluate.gates
    reasons = settled(workspace.evaluation, workspace.model, workspace.features, gates.latency_ms)
    return gate.verdict([*reasons, *_beside(workspace, champion, gates.champion)])


def settled(evaluation: Path, model: Path, features: Path, limit: float | None) -> list[Reason]:
    """Return the pinned rules of an evaluation, that of latency judged now.

    Args:
        evaluation: folder of the verdict.
        model: folder of the bundle that it is about.
        features: folder with the test rows that the latency is measured on.
        limit: most milliseconds for one row; None: no such rule.
    """
    waiting = None if limit is None else gate.latency(None, limit)
    pinned = [reason for reason in Evaluation.read(evaluation).gate.reasons if reason != waiting]
    return pinned if limit is None else [*pinned, gate.latency(measure(model, features), limit)]


def _beside(workspace: Workspace, champion: str | None, margin: float) -> Iterator[Reason]:
    if champion is not None:
        outcome = compare(workspace, champion, WORKSPACE).outcome
        yield gate.champion(champion, outcome if isinstance(outcome, str) else outcome.main_contest.gain, margin)
