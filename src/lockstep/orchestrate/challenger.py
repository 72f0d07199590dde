"""A retraining's challenger: trained, compared with the champion, left as a branch, promoted."""

from dataclasses import dataclass
from pathlib import Path

from prefect import get_run_logger

from lockstep.artifacts.evaluation import Evaluation
from lockstep.core.commands import environment_of, run
from lockstep.core.manifest import Manifest
from lockstep.core.spec import load
from lockstep.core.workspace import Workspace
from lockstep.decisions.promotion import Decision, decide, not_worse
from lockstep.decisions.rules import Design, Rules
from lockstep.operate.retraining.record import Retraining, create_branch, push_branch
from lockstep.orchestrate.artifacts import publish, read_values
from lockstep.orchestrate.running.execution import run_stages
from lockstep.orchestrate.running.occupied import set_aside_damaged
from lockstep.orchestrate.worktree_run import (
    require_complete,
)
from lockstep.params.document import Params, load_all
from lockstep.versioning.dvc_config import remote_of

UNTRACKED = ("report",)  # target of a dry run, which logs nothing to MLflow


@dataclass(frozen=True)
class Champion:
    """The model in use: its commit, its parameters, and a workspace with its files."""

    commit: str
    params: Params
    workspace: Workspace


def challenge(tree: Path, was: Champion) -> Decision:
    """Train the challenger and compare it with the champion."""
    workspace = Workspace(tree)
    before = read_values(workspace.metrics)
    execution = run_stages(tree, UNTRACKED if was.params.retrain.mode == "dry_run" else ())
    publish(tree, execution, before)
    require_complete(execution)
    return _decide(was, workspace)


def _decide(was: Champion, workspace: Workspace) -> Decision:
    from lockstep.decisions.gather.candidates import Candidate, Files, compare, read_scored

    def candidate(name: str, params: Params, of: Workspace) -> Candidate:
        design = Design(seed=params.seed, problem=params.problem, split=params.split)
        return Candidate(name, design, lambda: Files(of.model, of.features), read_scored(of.evaluation, name)[0])

    rules, params = load(Rules, workspace.params), load_all(workspace.params)
    old, new = candidate("champion", was.params, was.workspace), candidate("challenger", params, workspace)
    rule = not_worse("the champion", compare(old, new, rules), rules.promote.margin)
    return decide(Evaluation.read(workspace.evaluation).gate, rule)


def leave_branch(root: Path, tree: Path, result: Retraining, *, push: bool) -> str:
    """Push the data, create the branch, push it if params.yaml says so, and return its name."""
    stored = remote_of(tree) is not None
    if stored:
        if set_aside_damaged(tree, root):
            require_complete(run_stages(tree))
        run(["dvc", "push", "--quiet"], tree, environment_of(tree))
    branch = create_branch(tree, result)
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
        log.warning("DVC has no default remote: run `dvc repro` after fetching %s", branch)


def promote_challenger(tree: Path, params: Params) -> str:
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


def count_rows(workspace: Workspace, params: Params) -> dict[str, int]:
    """Return the number of rows of each event table, or of the flat table."""
    tables = Manifest.read(workspace.raw).tables
    return {name: tables[name].rows for name, table in params.source.tables.items() if table.kind != "entity"}
