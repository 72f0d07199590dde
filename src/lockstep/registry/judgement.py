"""May a challenger replace the champion? Its gates, and both on the rows of the newest test split."""

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.decisions import gate
from lockstep.decisions.comparison import Comparison, Side, compare
from lockstep.decisions.gating.judge import settled
from lockstep.decisions.promotion import Decision, decide
from lockstep.params.document import Params, load_all
from lockstep.registry.fetch import Fetched


def judge(workspace: Workspace, challenger: Fetched, champion: Fetched | None) -> Decision:
    """Return the decision, with all rules and their numbers.

    Args:
        workspace: the checkout, whose test split is the newest; its params.yaml says how much is asked.
        challenger: proven files.
        champion: proven files; None where there is none.

    Raises:
        LockstepError: the checkout's data are older than the challenger's, missing or damaged.
    """
    params = load_all(workspace.params)
    _check_newest(params, challenger)
    limit = params.evaluate.gates.latency_ms
    reasons = settled(challenger.evaluation, challenger.model, workspace.features, limit)
    compared = None if champion is None else _compare(workspace, params, challenger, champion)
    return decide(gate.verdict(reasons), compared, params.retrain)


def _compare(workspace: Workspace, params: Params, challenger: Fetched, champion: Fetched) -> Comparison | str:
    rows = Side(workspace.model, workspace.features, params.split, params.seed, params.problem)
    return compare(_side(champion), _side(challenger), params.evaluate, rows)


def _side(fetched: Fetched) -> Side:
    params = load_all(fetched.pinned.params)
    return Side(fetched.model, fetched.pinned.features, params.split, params.seed, params.problem)


def _check_newest(params: Params, challenger: Fetched) -> None:
    here, there = params.source.as_of, load_all(challenger.pinned.params).source.as_of
    if here and there and here < there:
        raise LockstepError(
            f"source.as_of is {here:%Y-%m-%d} in this checkout, {there:%Y-%m-%d} in {challenger.version}",
            ["models are compared on the newest test split: check out the newer commit, then `dvc repro`"],
        )
