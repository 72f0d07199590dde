"""A separate checkout with the same git and DVC: the user's is not touched, however it ends."""

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError
from lockstep.versioning.checkout_data import bring_outputs, share_settings
from lockstep.versioning.dvc_config import remote_of
from lockstep.versioning.project import Project
from lockstep.versioning.worktree import place, resolve, worktree
from tests.integration.pinned_repository import make_repository
from tests.integration.repository import call, commit, state

pytestmark = pytest.mark.xdist_group("pinned_repository")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("pinned") / "user")


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy of the repository in a folder whose name is no help."""
    return Path(shutil.copytree(made, tmp_path / "a b'$(x) é" / "user", symlinks=True))


@contextmanager
def beside(root: Path) -> Iterator[Path]:
    """A worktree in which DVC works as in the user's checkout."""
    with worktree(root, "night") as tree:
        share_settings(root, tree)
        yield tree


def test_it_is_the_commit_and_its_outputs_come_from_the_same_cache(root: Path) -> None:
    (root / "params.yaml").write_text("source:\n  as_of: '2031-01-31'\nof: the user's, not committed\n")
    call(root, "git", "add", "params.yaml")
    (root / "make.py").write_text("neither staged nor committed\n")
    before = state(root)
    with beside(root) as tree:
        assert tree == place(root, "night")
        assert "2025-06-30" in (tree / "params.yaml").read_text()
        assert not (tree / "data" / "model").exists()
        bring_outputs(Project(root), tree, ["data/model/signature", "data/reports/page.html"])
        assert [path.name for path in (tree / "data" / "model").iterdir()] == ["signature"]
        bring_outputs(Project(root), tree, ["data/model"])
        assert (tree / "data" / "model" / "weights").read_text() == "source:\n  as_of: '2025-06-30'\n"
        assert call(tree, "dvc", "status").strip() == "Data and pipelines are up to date."
        assert call(root, "dvc", "status") == before["dvc"], "the user's DVC does not see it"
        assert not (tree / ".dvc" / "cache").exists()
    assert not tree.exists()
    assert state(root) == before


def test_its_results_stay_in_the_shared_cache(root: Path) -> None:
    with beside(root) as tree:
        (tree / "params.yaml").write_text("source:\n  as_of: '2025-07-31'\n")
        call(tree, "dvc", "repro", "-q")
        lock = (tree / "dvc.lock").read_text()
        (root / "dvc.lock").write_text(lock)
    call(root, "dvc", "checkout", "-q")
    assert "2025-07-31" in (root / "data" / "model" / "weights").read_text()


def test_it_is_removed_also_after_a_failure(root: Path) -> None:
    before = state(root)
    with pytest.raises(ZeroDivisionError), worktree(root, "night") as tree:
        (tree / "rubbish").write_text("x")
        (tree / "params.yaml").unlink()
        raise ZeroDivisionError
    assert state(root) == before


@pytest.mark.parametrize(
    "left", ["whole", "locked", "half removed", "folder gone", "locked, folder gone", "no worktree"]
)
def test_leftovers_of_a_killed_run_block_nothing(root: Path, left: str) -> None:
    path = place(root, "night")
    if left == "no worktree":
        path.mkdir(parents=True)
    else:
        call(root, "git", "worktree", "add", "-q", "--detach", str(path))
    (path / "rubbish").write_text("x")
    if "locked" in left:
        call(root, "git", "worktree", "lock", str(path))
    if "half" in left:
        (path / ".git").unlink()
    if "gone" in left:
        shutil.rmtree(path)
    with worktree(root, "night") as tree:
        assert not (tree / "rubbish").exists()
        assert (tree / "params.yaml").exists()
    assert len(call(root, "git", "worktree", "list").splitlines()) == 1


def test_a_users_worktree_on_an_unmounted_disk_is_kept(root: Path, tmp_path: Path) -> None:
    """`git worktree prune` would: to git, a folder that is away is one that was removed."""
    call(root, "git", "worktree", "add", "-q", "-b", "mine", str(tmp_path / "disk" / "mine"))
    (tmp_path / "disk").rename(tmp_path / "unplugged")
    with worktree(root, "night"):
        pass
    (tmp_path / "unplugged").rename(tmp_path / "disk")
    assert call(tmp_path / "disk" / "mine", "git", "branch", "--show-current").strip() == "mine"


def test_a_project_with_uncommitted_dvc_files_is_an_error_and_not_touched(root: Path) -> None:
    call(root, "git", "rm", "-rq", "--cached", ".dvc")
    call(root, "git", "commit", "-qm", "no DVC")
    before = state(root)
    with pytest.raises(LockstepError, match="no DVC project as committed"), beside(root):
        pass
    assert state(root) == before


def test_hooks_of_the_user_do_not_run_in_it(root: Path) -> None:
    """`dvc install` makes a post-checkout hook that looks for outputs before the cache is set."""
    hook = root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with worktree(root, "night") as tree:
        assert (tree / "params.yaml").exists()


def test_git_uses_the_folder_also_inside_a_hook(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    with worktree(root, "night") as tree:
        assert run(["git", "rev-parse", "--show-toplevel"], tree).strip() == str(tree)
        run(["git", "add", "-A"], tree)
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize("scope", [[], ["--local"]], ids=["in git", "of this machine"])
def test_a_remote_with_a_relative_path_is_the_same(root: Path, scope: list[str]) -> None:
    """DVC writes its path relative to its own file: from the worktree's it would lead elsewhere."""
    call(root, "dvc", "remote", "add", "-d", *scope, "store", "../store")
    assert remote_of(root)
    commit(root)
    call(root, "dvc", "push", "-q")
    shutil.rmtree(root / ".dvc" / "cache")
    before = (root / ".dvc" / "config").read_text()
    with beside(root) as tree:
        assert remote_of(tree)
        bring_outputs(Project(root), tree, ["data/model"])  # out of the remote
        assert (tree / "data" / "model" / "weights").exists()
        (tree / "params.yaml").write_text("source:\n  as_of: '2025-07-31'\n")
        call(tree, "dvc", "repro", "-q")
        call(tree, "dvc", "push", "-q")
        assert call(tree, "dvc", "status", "--cloud").strip() == "Cache and remote 'store' are in sync."
        assert (tree / ".dvc" / "config").read_text() == before, "what is committed stays"
    assert not (root / ".lockstep" / "worktrees" / "store").exists()
    assert not call(root, "git", "status", "--porcelain")


def test_settings_of_this_machine_are_copied_and_stay_private(root: Path) -> None:
    call(root, "dvc", "cache", "dir", "--local", "../elsewhere")
    call(root, "dvc", "remote", "add", "--local", "store", "https://example.org/store")
    call(root, "dvc", "remote", "modify", "--local", "store", "password", "a=b #c")
    (root / ".dvc" / "config.local").chmod(0o600)
    with beside(root) as tree:
        local = tree / ".dvc" / "config.local"
        assert stat.S_IMODE(local.stat().st_mode) == 0o600
        assert call(tree, "dvc", "config", "remote.store.password").strip() == "a=b #c"
        assert call(tree, "dvc", "cache", "dir").strip() == str(root.parent / "elsewhere")
        assert not call(tree, "git", "status", "--porcelain"), "nothing of it could be committed"


def test_a_champion_missing_everywhere_is_an_error(root: Path) -> None:
    shutil.rmtree(root / ".dvc" / "cache")
    assert not remote_of(root)
    with worktree(root, "night") as tree, pytest.raises(LockstepError) as fault:
        bring_outputs(Project(root), tree, ["data/model"])
    assert "data/model: not in DVC's cache, and no remote is set; run `dvc repro`" in str(fault.value)
    assert fault.value.details, "DVC's own words are there as well"


def test_a_champion_missing_from_the_remote_is_an_error(root: Path) -> None:
    call(root, "dvc", "remote", "add", "-d", "--local", "store", "../store")
    shutil.rmtree(root / ".dvc" / "cache")
    with beside(root) as tree, pytest.raises(LockstepError, match="not in DVC's cache or remote") as fault:
        bring_outputs(Project(root), tree, ["data/model"])
    assert fault.value.details


def test_a_champion_that_was_never_trained_is_an_error(root: Path) -> None:
    call(root, "git", "rm", "-q", "--cached", "dvc.lock")
    call(root, "git", "commit", "-qm", "no lock")
    with worktree(root, "night") as tree, pytest.raises(LockstepError, match="run `dvc repro`"):
        bring_outputs(Project(root), tree, ["data/model"])


def test_an_unknown_revision_is_an_error(root: Path, tmp_path: Path) -> None:
    with pytest.raises(LockstepError, match="git rev-parse"):
        resolve(root, "--help")
    with pytest.raises(LockstepError, match="git rev-parse"), worktree(tmp_path, "night"):
        pass
    assert resolve(root, "main") == call(root, "git", "rev-parse", "HEAD").strip()
