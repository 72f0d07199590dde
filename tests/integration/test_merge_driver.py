"""Two branches, a real `git merge`, real DVC."""

import shutil
from pathlib import Path

import pytest

from tests.integration.branched_repository import change, changed, make_repository, merge, repro
from tests.integration.repository import call, commit


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("made") / "a project")


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy to work on."""
    shutil.copytree(made, tmp_path / "a project", symlinks=True)
    return tmp_path / "a project"


def test_different_stages_merge_clean_and_only_what_follows_both_runs_again(root: Path) -> None:
    change(root, "one", left="new ")
    change(root, "two", right="new ")
    assert merge(root, "one", "two")
    call(root, "dvc", "checkout", "-q")
    assert changed(root) == {"both"}
    assert repro(root) == ["data/both"]
    assert changed(root) == set()


def test_without_a_checkout_repro_restores_the_other_branchs_results(root: Path) -> None:
    change(root, "one", left="new ")
    change(root, "two", right="new ")
    assert merge(root, "one", "two")
    assert repro(root) == ["data/both"]
    assert (root / "data" / "both").read_text().count("new") == 2


def test_stages_without_downstream_stages_merge_without_a_run(root: Path) -> None:
    change(root, "one", left="new ")
    change(root, "two", alone="new ")
    assert merge(root, "one", "two")
    call(root, "dvc", "checkout", "-q")
    assert changed(root) == set()
    assert repro(root) == []


def test_after_a_merge_dvc_changes_no_line_without_need(root: Path) -> None:
    change(root, "one", left="new ")
    change(root, "two", alone="new ")
    assert merge(root, "one", "two")
    merged = (root / "dvc.lock").read_bytes()
    repro(root)
    call(root, "dvc", "commit", "--force", "-q")  # writes the file, whether it has to or not
    assert (root / "dvc.lock").read_bytes() == merged


def test_a_stage_changed_twice_stops_the_merge_and_repro_resolves_it(root: Path) -> None:
    change(root, "one", left="new ")
    change(root, "two", params="left: 2\n", alone="new ")
    assert not merge(root, "one", "two")
    assert call(root, "git", "diff", "--name-only", "--diff-filter=U").split() == ["dvc.lock"]
    conflict = (root / "dvc.lock").read_text()
    mine, _, other = conflict.partition("    # =======\n")
    assert "    # left: 1\n    # left.txt: " in mine
    assert other.startswith("    # left: 2\n    # left.txt: ")
    assert conflict.count("# <<<<<<< ours\n") == 1
    # `alone` came from the other branch, and what `left` makes of both changes is what `both` has read in ours.
    assert repro(root) == ["data/left"]
    assert "#" not in (root / "dvc.lock").read_text()
    assert changed(root) == set()
    call(root, "git", "add", "dvc.lock", "data/reports")
    call(root, "git", "commit", "-qm", "merged")
    assert call(root, "git", "status", "--porcelain") == ""


def test_a_conflict_resolved_for_one_side_reruns_nothing_in_the_cache(root: Path) -> None:
    change(root, "one", params="left: 2\n")
    change(root, "two", params="left: 3\n")
    assert not merge(root, "one", "two")
    call(root, "git", "checkout", "--theirs", "params.yaml")
    assert repro(root) == []
    assert changed(root) == set()


def test_a_conflict_keeps_every_stage_in_its_place(root: Path) -> None:
    before = [line for line in (root / "dvc.lock").read_text().splitlines() if line[:3].strip() and line[0] == " "]
    change(root, "one", left="1 ")
    change(root, "two", left="2 ")
    assert not merge(root, "one", "two")
    call(root, "git", "checkout", "--ours", "left.txt")
    repro(root)
    after = [line for line in (root / "dvc.lock").read_text().splitlines() if line[:3].strip() and line[0] == " "]
    assert after == before


def test_reports_of_two_models_are_never_mixed(root: Path) -> None:
    change(root, "one", left="new ")
    ours = (root / "data" / "reports" / "metrics.json").read_bytes()
    change(root, "two", right="newer ")
    theirs = (root / "data" / "reports" / "metrics.json").read_bytes()
    assert merge(root, "one", "two")
    assert (root / "data" / "reports" / "metrics.json").read_bytes() == ours
    repro(root)
    assert (root / "data" / "reports" / "metrics.json").read_bytes() not in (ours, theirs)


def test_a_rebase_and_a_worktree_use_the_driver_too(root: Path, tmp_path: Path) -> None:
    change(root, "one", left="new ")
    change(root, "two", alone="new ")
    call(root, "git", "checkout", "-q", "main")
    beside = tmp_path / "be side"
    call(root, "git", "worktree", "add", "-q", str(beside), "two")
    call(beside, "git", "rebase", "-q", "one")
    text = (beside / "dvc.lock").read_text()
    both = [call(root, "git", "show", f"{branch}:dvc.lock") for branch in ("one", "main")]
    assert text not in both
    assert "<<<" not in text


def test_without_the_environment_git_merges_with_conflict_markers(root: Path) -> None:
    setting = call(root, "git", "config", "merge.lockstep-lock.driver").strip()
    gone = setting.replace("/lockstep", "/lockstep-gone")
    call(root, "git", "config", "merge.lockstep-lock.driver", gone)
    change(root, "one", left="1 ")
    change(root, "two", left="2 ")
    assert not merge(root, "one", "two")
    assert "\n<<<<<<< ours\n" in (root / "dvc.lock").read_text()


def test_a_merge_leaves_no_files_behind(root: Path) -> None:
    change(root, "one", left="new ")
    change(root, "two", alone="new ")
    before = {path.name for path in root.iterdir()} - {"runs.log"}
    assert merge(root, "one", "two")
    assert {path.name for path in root.iterdir()} - {"runs.log"} == before
    commit(root)
