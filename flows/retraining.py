"""Retrain on newer data, compare with the champion, and leave a branch for review: `python -m flows.retraining`."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.operate.retraining.guard import Permission, Situation, enough_rows, may_start
from lockstep.operate.retraining.params_file import change, check
from lockstep.operate.retraining.record import Retraining, earlier, made_by_retraining, message
from lockstep.orchestrate.challenger import Champion, challenge, count_rows, leave_branch, promote_challenger
from lockstep.orchestrate.running.cancelling import ended
from lockstep.orchestrate.running.execution import run_stages
from lockstep.orchestrate.worktree_run import (
    AS_OF,
    checkout_of_head,
    move_as_of,
    parse_as_of,
    require_complete,
    set_aside_champion,
)
from lockstep.params.document import Params, load_all
from lockstep.versioning.worktree import resolve

CHAMPION = (
    "data/models/model",
    "data/features/manifest.json",
    "data/raw/manifest.json",
    "data/reports/evaluation",
)


@flow(name="retraining", description=__doc__)
def retraining(as_of: str | None = None, overrides: dict[str, Any] | None = None, wait: float = 600.0) -> State[Any]:
    """Retrain in a separate git worktree, and leave a branch `retrain/<as_of>` for review.

    Args:
        as_of: the source is read up to this instant; default: the end of the newest data.
        overrides: other keys of params.yaml to change, such as `{"train.params.max_depth": 4}`.
        wait: seconds to wait for another retraining to finish.
    """
    root = Path.cwd()
    try:
        asked = parse_as_of(as_of)
        with checkout_of_head(root, "retraining", wait) as tree:
            return _retrain(root, tree, asked, overrides or {})
    except LockstepError as error:
        return ended(error)


def _retrain(root: Path, tree: Path, as_of: datetime | None, overrides: Mapping[str, Any]) -> State[Any]:
    base, params = resolve(tree, "HEAD"), load_all(Workspace(tree).params)
    may = partial(_may, root, base, params, changed=bool(overrides))
    # Wrong or forbidden requests end before any work.
    _check(tree, overrides)
    if params.retrain.mode == "disabled":
        return _skipped(Permission(False, ("retrain.mode is disabled",)))
    if as_of and not (allowed := may(as_of)).allowed:
        return _skipped(allowed)
    was = Champion(base, params, set_aside_champion(root, tree, CHAMPION))
    if overrides:
        change(Workspace(tree).params, overrides)
    moment = move_as_of(tree, as_of)
    if not (allowed := may(moment)).allowed:
        return _skipped(allowed)
    require_complete(run_stages(tree, ["ingest"]))
    enough = enough_rows(params.retrain, count_rows(was.workspace, params), count_rows(Workspace(tree), params))
    if not enough.allowed and not overrides:
        return _skipped(enough)
    decision = challenge(tree, was)
    result = Retraining(
        moment, base, [f"{key}={value}" for key, value in overrides.items()], enough.reasons[0], decision
    )
    create_markdown_artifact(message(result), key="decision", description=f"Retraining: {decision.word}")
    text = f"{decision.word}: {'; '.join(decision.lines)}"
    if params.retrain.mode == "dry_run":
        return Completed(name="DryRun", message=text)
    branch = leave_branch(root, tree, result, push=params.retrain.push)
    promoted = promote_challenger(tree, params) if decision.promote else ""
    return Completed(message=f"{branch}: {text}{promoted}")


def _check(tree: Path, overrides: Mapping[str, Any]) -> None:
    if AS_OF in overrides:
        raise LockstepError(f"overrides: {AS_OF}: expected in the parameter `as_of`; got {overrides[AS_OF]!r}")
    check(Workspace(tree).params, overrides)


def _may(root: Path, base: str, params: Params, moment: datetime, *, changed: bool) -> Permission:
    own = made_by_retraining(root, base)
    return may_start(params.retrain, Situation(moment, params.source.as_of, changed, earlier(root), own))


def _skipped(why: Permission) -> State[Any]:
    return Completed(name="Skipped", message="; ".join(why.reasons))


if __name__ == "__main__":
    from lockstep.orchestrate.command import main

    main(retraining)
