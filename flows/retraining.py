"""Retrain on newer data, compare with the champion, and leave a branch for review: `python -m flows.retraining`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from lockstep.artifacts.evaluation import Evaluation
from lockstep.core.commands import environment_of, run
from lockstep.core.errors import LockstepError
from lockstep.core.manifest import Manifest
from lockstep.core.spec import load
from lockstep.core.workspace import Workspace
from lockstep.decisions.promotion import Decision, decide, not_worse
from lockstep.decisions.rules import Design, Rules
from lockstep.operate.retraining.guard import Permission, Situation, enough_rows, may_start
from lockstep.operate.retraining.params_file import change, check
from lockstep.operate.retraining.record import Retraining, earlier, leave, made_by_retraining, message, push_branch
from lockstep.orchestrate.artifacts import publish, read_values
from lockstep.orchestrate.running.cancelling import ended
from lockstep.orchestrate.running.execution import run_stages
from lockstep.orchestrate.running.occupied import set_aside_damaged
from lockstep.orchestrate.worktree_run import (
    AS_OF,
    checkout_of_head,
    move_as_of,
    parse_as_of,
    require_complete,
    set_aside_champion,
)
from lockstep.params.document import Params, load_all
from lockstep.versioning.dvc_config import remote_of
from lockstep.versioning.worktree import resolve

UNTRACKED = ("report",)  # and what it needs: a dry run logs nothing to MLflow
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


@dataclass(frozen=True)
class _Champion:
    """The model in use: its commit, its parameters, and a workspace with its files."""

    commit: str
    params: Params
    workspace: Workspace


def _retrain(root: Path, tree: Path, as_of: datetime | None, overrides: Mapping[str, Any]) -> State[Any]:
    base, params = resolve(tree, "HEAD"), load_all(Workspace(tree).params)
    may = partial(_may, root, base, params, changed=bool(overrides))
    # Wrong or forbidden requests end before any work.
    _check(tree, overrides)
    if params.retrain.mode == "disabled":
        return _skipped(Permission(False, ("retrain.mode is disabled",)))
    if as_of and not (allowed := may(as_of)).allowed:
        return _skipped(allowed)
    was = _Champion(base, params, set_aside_champion(root, tree, CHAMPION))
    if overrides:
        change(Workspace(tree).params, overrides)
    moment = move_as_of(tree, as_of)
    if not (allowed := may(moment)).allowed:
        return _skipped(allowed)
    require_complete(run_stages(tree, ["ingest"]))
    enough = enough_rows(params.retrain, _rows(was.workspace, params), _rows(Workspace(tree), params))
    if not enough.allowed and not overrides:
        return _skipped(enough)
    decision = _challenge(tree, was)
    left = Retraining(moment, base, [f"{key}={value}" for key, value in overrides.items()], enough.reasons[0], decision)
    create_markdown_artifact(message(left), key="decision", description=f"Retraining: {decision.word}")
    said = f"{decision.word}: {'; '.join(decision.lines)}"
    if params.retrain.mode == "dry_run":
        return Completed(name="DryRun", message=said)
    branch = _leave(root, tree, left, push=params.retrain.push)
    promoted = _promote(tree, params) if decision.promote else ""
    return Completed(message=f"{branch}: {said}{promoted}")


def _check(tree: Path, overrides: Mapping[str, Any]) -> None:
    if AS_OF in overrides:
        raise LockstepError(f"overrides: {AS_OF}: expected in the parameter `as_of`; got {overrides[AS_OF]!r}")
    check(Workspace(tree).params, overrides)


def _may(root: Path, base: str, params: Params, moment: datetime, *, changed: bool) -> Permission:
    own = made_by_retraining(root, base)
    return may_start(params.retrain, Situation(moment, params.source.as_of, changed, earlier(root), own))


def _challenge(tree: Path, was: _Champion) -> Decision:
    """Train the challenger and compare it with the champion."""
    workspace = Workspace(tree)
    before = read_values(workspace.metrics)
    execution = run_stages(tree, UNTRACKED if was.params.retrain.mode == "dry_run" else ())
    publish(tree, execution, before)
    require_complete(execution)
    return _decide(was, workspace)


def _decide(was: _Champion, workspace: Workspace) -> Decision:
    from lockstep.decisions.gather.candidates import Candidate, Files, compare, read_scored

    def candidate(name: str, params: Params, of: Workspace) -> Candidate:
        design = Design(seed=params.seed, problem=params.problem, split=params.split)
        return Candidate(name, design, lambda: Files(of.model, of.features), read_scored(of.evaluation, name)[0])

    rules, params = load(Rules, workspace.params), load_all(workspace.params)
    old, new = candidate("champion", was.params, was.workspace), candidate("challenger", params, workspace)
    rule = not_worse("the champion", compare(old, new, rules), rules.promote.margin)
    return decide(Evaluation.read(workspace.evaluation).gate, rule)


def _leave(root: Path, tree: Path, left: Retraining, *, push: bool) -> str:
    """Push the data, create the branch, push it if params.yaml says so, and return its name."""
    stored = remote_of(tree) is not None
    if stored:
        if set_aside_damaged(tree, root):
            require_complete(run_stages(tree))
        run(["dvc", "push", "--quiet"], tree, environment_of(tree))
    branch = leave(tree, left)
    get_run_logger().info("branch %s is ready for review; `dvc exp show` lists it", branch)
    if push:
        _push(root, branch, stored=stored)
    return branch


def _push(root: Path, branch: str, *, stored: bool) -> None:
    log, remote = get_run_logger(), push_branch(root, branch)
    if remote is None:
        log.warning("retrain.push: the current branch tracks no remote branch, so %s is not pushed", branch)
        return
    log.info("%s is pushed to %s", branch, remote)
    if not stored:
        log.warning("DVC has no default remote: whoever fetches %s must run its stages", branch)


def _promote(tree: Path, params: Params) -> str:
    """Register the challenger and promote it if `retrain.promotion` allows; return the result for the message."""
    if params.retrain.promotion == "disabled":
        return ""
    from lockstep.registry.promote import promote
    from lockstep.registry.register import register

    log, workspace = get_run_logger(), Workspace(tree)
    registered = register(workspace)
    log.info("registered: %s", registered)
    found = promote(workspace, registered.version.number, dry=params.retrain.promotion == "dry_run")
    for line in found.decision.lines if found.decision else ():
        log.info("promotion: %s", line)
    return f"; {found.verdict}"


def _skipped(why: Permission) -> State[Any]:
    return Completed(name="Skipped", message="; ".join(why.reasons))


def _rows(workspace: Workspace, params: Params) -> dict[str, int]:
    """Return the number of rows of each event table, or of the flat table."""
    tables = Manifest.read(workspace.raw).tables
    return {name: tables[name].rows for name, table in params.source.tables.items() if table.kind != "entity"}


if __name__ == "__main__":
    from lockstep.orchestrate.command import main

    main(retraining)
