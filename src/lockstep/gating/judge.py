"""The whole gate: what is pinned, and what only this machine, now, can tell."""

from collections.abc import Iterator

from lockstep.comparing.compare import compare
from lockstep.comparing.revision import WORKSPACE
from lockstep.evaluation import gate
from lockstep.evaluation.result import Evaluation, Reason, Verdict
from lockstep.gating.latency import measure
from lockstep.params.document import load_all
from lockstep.workspace import Workspace


def judge(workspace: Workspace, champion: str | None = None) -> Verdict:
    """Return the pinned verdict with the rules that are judged here: latency, and the champion where one is named.

    Args:
        workspace: the checkout.
        champion: a git revision or an experiment's name.

    Raises:
        LockstepError: the evaluation is missing, the model cannot be read, or there is no such revision.
    """
    gates = load_all(workspace.params).evaluate.gates
    waiting = None if gates.latency_ms is None else gate.latency(None, gates.latency_ms)
    pinned = [reason for reason in Evaluation.read(workspace.evaluation).gate.reasons if reason != waiting]
    return gate.verdict([*pinned, *_here(workspace, champion, gates.latency_ms, gates.champion)])


def _here(workspace: Workspace, champion: str | None, limit: float | None, margin: float) -> Iterator[Reason]:
    if limit is not None:
        yield gate.latency(measure(workspace), limit)
    if champion is not None:
        outcome = compare(workspace, champion, WORKSPACE).outcome
        yield gate.champion(champion, outcome if isinstance(outcome, str) else outcome.main_contest.gain, margin)
