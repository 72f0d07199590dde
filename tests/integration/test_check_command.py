"""`lockstep check` in real repositories, with real DVC, and from a git hook."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from lockstep.core.commands import environment_of
from lockstep.core.workspace import Workspace
from lockstep.workbench.check.big_files import LIMIT
from lockstep.workbench.check.check import check
from lockstep.workbench.hooks.install import install
from tests import commands
from tests.integration.branched_repository import change, make_repository, merge, repro
from tests.integration.repository import call, commit

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_repository(tmp_path_factory.mktemp("made") / "a project")
    shutil.copy(REPOSITORY / "params.yaml", root / "params.yaml")
    shutil.copytree(REPOSITORY / "contracts", root / "contracts")
    with (root / "params.yaml").open("a") as file:
        file.write("\n")
    text = (root / "dvc.yaml").read_text().replace("params: [left]", "params: [seed]")
    (root / "dvc.yaml").write_text(text)
    repro(root)
    commit(root)
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy to work on."""
    shutil.copytree(made, tmp_path / "a project", symlinks=True)
    return tmp_path / "a project"


def found(root: Path) -> list[tuple[str, str]]:
    return [(one.rule, one.where) for one in check(Workspace(root)).findings]


def command(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return commands.run(arguments, root, environment_of(root))


def test_a_consistent_project_passes_with_skipped_rules_named(root: Path) -> None:
    done = command(root, "lockstep", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("code: not checked: Lockstep is installed")


def test_the_lock_is_fresh_exactly_when_dvc_says_so(root: Path) -> None:
    params, code = root / "params.yaml", root / "left.txt"
    params.write_text(params.read_text().replace("seed: 7", "seed: 8"))
    code.write_text("other")
    assert found(root) == [("lock", "dvc.lock, left: seed, left.txt")]
    repro(root)
    assert found(root) == []


def test_a_conflict_that_a_merge_left_is_found_until_repro(root: Path) -> None:
    change(root, "one", left="1 ")
    change(root, "two", left="2 ")
    assert not merge(root, "one", "two")
    call(root, "git", "checkout", "--ours", "left.txt")
    assert [rule for rule, _ in found(root)] == ["lock"]
    repro(root)
    assert found(root) == []


def test_stages_that_a_clean_merge_leaves_to_run_are_found_until_repro(root: Path) -> None:
    change(root, "one", left="1 ")
    change(root, "two", right="2 ")
    assert merge(root, "one", "two")
    assert found(root) == [("lock", "dvc.lock, both: data/right")]
    repro(root)
    assert found(root) == []


def test_every_fault_is_named_at_once_and_on_one_screen(root: Path) -> None:
    params = root / "params.yaml"
    params.write_text(params.read_text() + "surprise: postgresql://me:hunter2@host/x\n")
    hostile = "a\nbig \x1b[31m file"
    (root / hostile).write_bytes(b"x" * (LIMIT + 1))
    call(root, "git", "add", "-A")
    (root / "alone.txt").unlink()
    done = command(root, "lockstep", "check")
    assert done.returncode == 1
    rules = [line.split(":")[0] for line in done.stdout.splitlines()]
    assert rules == ["params", "lock", "secrets", "size", "code", "libraries"]
    assert "hunter2" not in done.stdout
    assert "\x1b" not in done.stdout


def test_a_contract_that_does_not_fit_is_named(root: Path) -> None:
    path = root / "contracts" / "orders.yaml"
    path.write_text(path.read_text().replace("dtype: float64", "dtype: money", 1))
    faults = found(root)
    assert {rule for rule, _ in faults} == {"contracts"}
    assert any(where.startswith("columns.amount") for _, where in faults)


def test_a_file_behind_an_lfs_pointer_is_not_in_git(root: Path) -> None:
    (root / ".gitattributes").write_text("*.bin filter=lfs\n")
    for name in ("large.bin", "large.txt"):
        (root / name).write_bytes(b"x" * (LIMIT + 1))
    call(root, "git", "-c", "filter.lfs.clean=cat", "add", "-A")
    assert found(root) == [("size", "large.txt (5.0 MB)")]


def test_the_hook_stops_a_commit(root: Path) -> None:
    install(root)
    (root / "left.txt").write_text("not reproduced")
    call(root, "git", "add", "-A")
    done = command(root, "git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-m", "x")
    assert done.returncode == 1
    assert "dvc.lock, left: left.txt" in done.stdout + done.stderr
    repro(root)
    call(root, "git", "commit", "-qam", "x")
    assert call(root, "git", "status", "--porcelain") == ""


def test_outside_of_the_root_the_error_names_the_root(root: Path) -> None:
    done = command(root / "contracts", "lockstep", "check")
    assert done.returncode == 2
    assert "run in the project's root" in done.stderr


def test_this_repository_in_under_three_seconds_when_warm() -> None:
    command(REPOSITORY, "lockstep", "check")
    began = time.monotonic()
    done = command(REPOSITORY, "lockstep", "check")
    assert time.monotonic() - began < 10  # three on an idle machine; tests run beside each other
    assert not [line for line in done.stdout.splitlines() if not line.startswith("lock:")], done.stdout
