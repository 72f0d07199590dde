"""The record of a retraining: a branch with one commit, and an experiment."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lockstep.core.commands import environment_of, run
from lockstep.core.errors import LockstepError, shorten
from lockstep.decisions.promotion import Decision
from lockstep.operate.retraining.naming import PREFIX, as_of_of, branch_name, experiment_name, shown
from lockstep.params.pipeline.source import parse_instant

TRAILER = "Lockstep-Retrain"
COMMITTED = ("params.yaml", "dvc.lock", "data/reports")
EXPERIMENTS = "refs/exps"
"""Where DVC keeps experiments: `refs/exps/<first two digits of the commit>/<the others>/<name>`."""
BOT = {"NAME": "lockstep", "EMAIL": "lockstep@localhost"}


@dataclass(frozen=True)
class Retraining:
    """The request and the result of a retraining."""

    as_of: datetime
    base: str
    """The champion's commit."""
    overrides: Sequence[str]
    new_rows: str
    decision: Decision


def message(retraining: Retraining) -> str:
    """Return the commit message: the decision, the numbers, and trailers for programs."""
    decision = retraining.decision
    should = "should" if decision.promote else "should not"
    changed = [f"Changed as well: {override}" for override in retraining.overrides]
    lines = [
        f"Retrain for {shown(retraining.as_of)}: {decision.word} [skip ci]",
        "",
        f"The challenger {should} replace the champion of {retraining.base[:12]}.",
        *(f"- {reason}" for reason in decision.lines),
        f"- {retraining.new_rows}",
        "",
        *changed,
        *([""] if changed else []),
        f"{TRAILER}: {shown(retraining.as_of)}",
        f"Lockstep-Decision: {decision.word}",
    ]
    return "\n".join(shorten(line) for line in lines) + "\n"  # no value can add a line or a trailer


def create_branch(tree: Path, retraining: Retraining) -> str:
    """Commit parameters, lock and metrics of a checkout of the champion's commit, and return the branch that holds it.

    The same commit is an experiment of DVC's on the champion's: `dvc exp show` lists it. `dvc exp save` would share
    refs with a `dvc exp run` of the user.

    Raises:
        LockstepError: git fails, or the branch exists already.
    """
    branch, base = branch_name(retraining.as_of), retraining.base
    run(["git", "add", "--", *COMMITTED], tree)
    # Empty if no file changed: the decision is recorded anyway. The user's hooks and signature do not apply.
    plain = ["git", "-c", f"core.hooksPath={os.devnull}", "-c", "commit.gpgSign=false"]
    commit = ["commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "-m", message(retraining)]
    run([*plain, *commit], tree, _environment(tree))
    run(["git", "update-ref", f"{EXPERIMENTS}/{base[:2]}/{base[2:]}/{experiment_name(retraining.as_of)}", "HEAD"], tree)
    # The branch is created last: it marks a completed retraining.
    run(["git", "branch", "--no-track", branch, "HEAD"], tree)
    return branch


def push_branch(root: Path, branch: str) -> str | None:
    """Push a branch to the remote that the user's own branch is pushed to, and return which; None: there is none.

    Never by force: an existing branch of that name is somebody else's.

    Raises:
        LockstepError: the push failed; the message has the command to try again.
    """
    remote = _pushed_to(root)
    if remote is None:
        return None
    command = ["git", "-c", f"core.hooksPath={os.devnull}", "push", "--quiet", remote, f"refs/heads/{branch}"]
    try:
        run(command, root, environment_of(root) | {"GIT_TERMINAL_PROMPT": "0"})
    except LockstepError as error:
        again = f"{branch} exists here, but could not be pushed; try again: `git push {remote} {branch}`"
        raise LockstepError(again, error.details) from error
    return remote


def earlier(root: Path) -> tuple[datetime, ...]:
    """Return the as_of of every retraining that left a branch, here or at a remote as last fetched, oldest first."""
    here, remote = f"refs/heads/{PREFIX}", f"refs/remotes/*/{PREFIX}*"
    listed = run(["git", "for-each-ref", "--format=%(refname)", here, remote], root).splitlines()
    branches = {PREFIX + name.partition(f"/{PREFIX}")[2] for name in listed}
    return tuple(sorted(found for branch in branches if (found := as_of_of(branch)) is not None))


def made_by_retraining(root: Path, commit: str) -> datetime | None:
    """Return the as_of of the retraining that made a commit, the newest if it holds several, None if a person made it.

    Raises:
        LockstepError: the trailer holds no instant.
    """
    form = f"--format=%(trailers:key={TRAILER},valueonly)"
    values = run(["git", "log", "-1", form, commit], root).split("\n")
    try:
        return max((parse_instant(value.strip()) for value in values if value.strip()), default=None)
    except ValueError as error:
        raise LockstepError(f"{commit[:12]}: trailer {TRAILER}: {error}") from error


def _pushed_to(root: Path) -> str | None:
    """Return the remote of the branch that is checked out; None if it tracks none, or there is no branch."""
    here = run(["git", "rev-parse", "--symbolic-full-name", "HEAD"], root).strip()
    remote = run(["git", "for-each-ref", "--format=%(push:remotename)", here], root).strip()
    return remote if remote not in ("", ".") else None  # a dot: a branch of this very repository


def _environment(tree: Path) -> dict[str, str]:
    """Return the environment of a program that commits: with Lockstep's name if git has no complete one."""
    try:
        for who in ("AUTHOR", "COMMITTER"):
            # Otherwise git would derive one from the names of user and machine.
            run(["git", "-c", "user.useConfigOnly=true", "var", f"GIT_{who}_IDENT"], tree)
    except LockstepError:
        own = {f"GIT_{who}_{part}": value for who in ("AUTHOR", "COMMITTER") for part, value in BOT.items()}
        return environment_of(tree) | own
    return environment_of(tree)
