"""A retraining in git: one commit that is a branch and an experiment, pushed if configured."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from lockstep.artifacts.evaluation import Reason
from lockstep.core.errors import LockstepError
from lockstep.decisions.promotion import Decision
from lockstep.operate.retraining.record import (
    Retraining,
    create_branch,
    earlier,
    made_by_retraining,
    message,
    push_branch,
)
from lockstep.versioning.worktree import worktree
from tests.integration.pinned_repository import make_repository
from tests.integration.repository import call, commit, nobody

pytestmark = pytest.mark.xdist_group("pinned_repository")

AS_OF = datetime(2025, 7, 31)
BRANCH = "retrain/2025-07-31"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("pinned") / "user")


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    call(tmp_path, "cp", "-a", str(made), "user")
    return tmp_path / "user"


@pytest.fixture
def tree(root: Path) -> Iterator[Path]:
    """A checkout in which a retraining has done its work."""
    with worktree(root, "night") as tree:
        (tree / "params.yaml").write_text("source:\n  as_of: '2025-07-31'\n")
        (tree / "dvc.lock").write_text((tree / "dvc.lock").read_text() + "# moved\n")
        (tree / "data" / "reports").mkdir(parents=True, exist_ok=True)
        (tree / "data" / "reports" / "metrics.json").write_text('{"length": 1}')
        (tree / "rubbish").write_text("of no interest\n")
        yield tree


def retraining(root: Path, as_of: datetime = AS_OF) -> Retraining:
    base = call(root, "git", "rev-parse", "main").strip()
    return Retraining(
        as_of, base, (), "612 new rows", Decision(promote=True, reasons=(Reason(passed=True, text="better"),))
    )


def refs(root: Path) -> dict[str, str]:
    listed = call(root, "git", "for-each-ref", "--format=%(refname) %(objectname)")
    return dict(line.split() for line in listed.splitlines())


def test_one_commit_on_the_champions_commit_is_the_branch_and_the_experiment(root: Path, tree: Path) -> None:
    left = retraining(root)
    assert create_branch(tree, left) == BRANCH
    found = refs(root)
    assert found == {
        f"refs/exps/{left.base[:2]}/{left.base[2:]}/retrain-2025-07-31": found[f"refs/heads/{BRANCH}"],
        f"refs/heads/{BRANCH}": found[f"refs/heads/{BRANCH}"],
        "refs/heads/main": left.base,
    }
    assert call(root, "git", "rev-parse", f"{BRANCH}^").strip() == left.base
    assert call(root, "git", "log", "-1", "--format=%B", BRANCH).strip() == message(left).strip()
    changed = call(root, "git", "diff", "--name-only", "main", BRANCH).split()
    assert changed == ["data/reports/metrics.json", "dvc.lock", "params.yaml"]


def test_an_existing_branch_is_not_changed(root: Path, tree: Path) -> None:
    call(root, "git", "branch", BRANCH)
    with pytest.raises(LockstepError, match="git branch"):
        create_branch(tree, retraining(root))
    assert refs(root)[f"refs/heads/{BRANCH}"] == refs(root)["refs/heads/main"]


def test_after_a_kill_before_the_branch_the_next_run_creates_both(root: Path, tree: Path) -> None:
    """What is left of it is an experiment, which gives way."""
    left = retraining(root)
    experiment = f"refs/exps/{left.base[:2]}/{left.base[2:]}/retrain-2025-07-31"
    call(root, "git", "update-ref", experiment, call(root, "git", "commit-tree", "main^{tree}", "-m", "dead").strip())
    create_branch(tree, left)
    assert refs(root)[experiment] == refs(root)[f"refs/heads/{BRANCH}"]


def test_a_retraining_without_changes_is_recorded(root: Path) -> None:
    with worktree(root, "night") as tree:
        create_branch(tree, retraining(root))
    assert call(root, "git", "diff", "main", BRANCH) == ""
    assert "612 new rows" in call(root, "git", "log", "-1", "--format=%B", BRANCH)


def test_hooks_and_signing_of_the_user_do_not_apply(root: Path, tree: Path) -> None:
    for name in ("pre-commit", "commit-msg", "post-commit", "pre-push"):
        hook = root / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
    call(root, "git", "config", "commit.gpgSign", "true")
    call(root, "git", "config", "gpg.program", "false")
    origin(root)
    create_branch(tree, retraining(root))
    assert push_branch(root, BRANCH) == "origin"


@pytest.mark.parametrize(
    ("configured", "name"), [(True, "Ada <ada@example.org>"), (False, "lockstep <lockstep@localhost>")]
)
def test_the_author_is_the_user_or_lockstep(
    root: Path, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured: bool, name: str
) -> None:
    for key, value in nobody(tmp_path / "home").items():
        monkeypatch.setenv(key, value)
    for key in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(key, raising=False)
    if configured:
        call(root, "git", "config", "user.name", "Ada")
        call(root, "git", "config", "user.email", "ada@example.org")
    create_branch(tree, retraining(root))
    assert call(root, "git", "log", "-1", "--format=%an <%ae>|%cn <%ce>", BRANCH).strip() == f"{name}|{name}"


def origin(root: Path) -> Path:
    """Give the repository a bare one beside it, which `main` follows."""
    bare = root.with_name("origin.git")
    call(root, "git", "clone", "-q", "--bare", ".", str(bare))
    call(root, "git", "remote", "add", "origin", str(bare))
    call(root, "git", "push", "-q", "--no-verify", "-u", "origin", "main")
    return bare


def test_the_branch_is_pushed_to_the_remote_of_the_users_branch(root: Path, tree: Path) -> None:
    bare = origin(root)
    create_branch(tree, retraining(root))
    assert push_branch(root, BRANCH) == "origin"
    assert refs(bare)[f"refs/heads/{BRANCH}"] == refs(root)[f"refs/heads/{BRANCH}"]
    assert refs(root)[f"refs/remotes/origin/{BRANCH}"] == refs(root)[f"refs/heads/{BRANCH}"]
    assert not any(ref.startswith("refs/exps") for ref in refs(bare))


@pytest.mark.parametrize("why", ["no remote", "not followed", "detached", "follows a local branch"])
def test_without_a_remote_of_the_users_branch_nothing_is_pushed(root: Path, tree: Path, why: str) -> None:
    bare = root if why == "no remote" else origin(root)
    if why == "not followed":
        call(root, "git", "branch", "--unset-upstream")
    elif why == "detached":
        call(root, "git", "checkout", "-q", "--detach")
    elif why == "follows a local branch":
        call(root, "git", "checkout", "-q", "--track", "-b", "mine", "main")
    create_branch(tree, retraining(root))
    assert push_branch(root, BRANCH) is None
    assert bare == root or f"refs/heads/{BRANCH}" not in refs(bare)


def test_a_foreign_remote_branch_of_that_name_is_not_overwritten(root: Path, tree: Path) -> None:
    bare = origin(root)
    theirs = call(root, "git", "commit-tree", "main^{tree}", "-p", "main", "-m", "theirs").strip()
    call(root, "git", "push", "-q", "origin", f"{theirs}:refs/heads/{BRANCH}")
    call(root, "git", "update-ref", "-d", f"refs/remotes/origin/{BRANCH}")  # not fetched yet
    create_branch(tree, retraining(root))
    with pytest.raises(LockstepError) as fault:
        push_branch(root, BRANCH)
    assert fault.value.what.startswith(
        f"{BRANCH} exists here, but could not be pushed; try again: `git push origin {BRANCH}`"
    )
    assert any("rejected" in line for line in fault.value.details)
    assert refs(bare)[f"refs/heads/{BRANCH}"] == theirs
    assert f"refs/heads/{BRANCH}" in refs(root)


def test_an_unreachable_remote_is_reported_with_gits_message(root: Path, tree: Path) -> None:
    origin(root).rename(root.with_name("unplugged"))
    create_branch(tree, retraining(root))
    with pytest.raises(LockstepError, match="exists here, but could not be pushed") as fault:
        push_branch(root, BRANCH)
    assert any("does not appear to be a git repository" in line for line in fault.value.details)


def test_earlier_retrainings_have_a_branch_here_or_at_a_remote(root: Path) -> None:
    for branch in ("retrain/2025-07-31", "retrain/soon", "mine", "x/retrain/2025-01-01"):
        call(root, "git", "branch", branch)
    for remote, branch in (("origin", "retrain/2025-06-30T12-00-00"), ("fork", "retrain/2025-07-31"), ("fork", "main")):
        call(root, "git", "update-ref", f"refs/remotes/{remote}/{branch}", "main")
    assert earlier(root) == (datetime(2025, 6, 30, 12), datetime(2025, 7, 31))


@pytest.mark.parametrize(
    ("text", "as_of"),
    [
        ("work", None),
        ("Retrain for 2025-07-31\n\nLockstep-Retrain: 2025-07-31", datetime(2025, 7, 31)),
        ("squashed\n\nLockstep-Retrain: 2025-06-30\nLockstep-Retrain: 2025-07-31 12:00:00", datetime(2025, 7, 31, 12)),
        ("talk of it: Lockstep-Retrain: 2025-07-31 is meant\n\nbut no trailer", None),
    ],
)
def test_a_commit_of_a_retraining_is_recognised_by_its_trailer(root: Path, text: str, as_of: datetime | None) -> None:
    commit(root, text)
    assert made_by_retraining(root, "HEAD") == as_of


def test_a_trailer_that_is_not_an_instant_is_an_error(root: Path) -> None:
    commit(root, "by hand\n\nLockstep-Retrain: yesterday")
    with pytest.raises(LockstepError, match="trailer Lockstep-Retrain: expected a date"):
        made_by_retraining(root, "HEAD")
