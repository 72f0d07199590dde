"""`lockstep install-hooks` in real repositories: set up, again, and taken away."""

import subprocess
from pathlib import Path

import pytest

from lockstep.core.commands import environment_of
from lockstep.core.errors import LockstepError
from lockstep.workbench.hooks.drivers import LINES, settings
from lockstep.workbench.hooks.install import install, remove
from lockstep.workbench.hooks.pre_commit import MARK
from tests.integration.repository import call


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / 'it\'s a 100%d "project"'
    folder.mkdir()
    call(folder, "git", "init", "-q", "-b", "main")
    return folder


def everything(root: Path) -> dict[str, bytes]:
    files = [root / ".git" / "config", *root.glob(".git*"), *(root / ".git" / "hooks").glob("*")]
    return {str(path): path.read_bytes() for path in files if path.is_file() and not path.name.endswith(".lock")}


def test_installing_twice_is_like_once_and_remove_restores_the_former_state(root: Path) -> None:
    (root / ".gitattributes").write_text("*.png binary")
    before = everything(root)
    assert install(root) == []
    once = everything(root)
    assert (root / ".gitattributes").read_text().splitlines() == ["*.png binary", *LINES]
    assert install(root) == []
    assert everything(root) == once
    remove(root)
    after = everything(root)
    assert after.pop(str(root / ".gitattributes")) == before.pop(str(root / ".gitattributes")) + b"\n"
    assert after == before


def test_remove_deletes_what_only_lockstep_created(root: Path) -> None:
    before = everything(root)
    install(root)
    remove(root)
    remove(root)
    assert everything(root) == before


def test_git_finds_the_drivers_for_the_files(root: Path) -> None:
    install(root)
    said = call(root, "git", "check-attr", "merge", "dvc.lock", "data/reports/metrics.json", "data/reports/a/b.json")
    assert [line.rpartition(": ")[2] for line in said.splitlines()] == [
        "lockstep-lock",
        "lockstep-report",
        "unspecified",
    ]


def test_a_foreign_hook_stays_and_the_line_to_add_is_printed(root: Path) -> None:
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 0\n")
    (todo,) = install(root)
    assert "lockstep check" in todo
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"
    remove(root)
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"


def test_with_pre_commit_the_hook_is_installed_by_it(root: Path) -> None:
    (root / ".pre-commit-config.yaml").write_text("repos: []\n")
    (todo,) = install(root)
    assert "entry: lockstep check" in todo
    hook = (root / ".git" / "hooks" / "pre-commit").read_text()
    assert "pre-commit" in hook
    assert MARK not in hook
    remove(root)
    assert (root / ".git" / "hooks" / "pre-commit").read_text() == hook


def test_hooks_in_another_folder_are_found(root: Path) -> None:
    call(root, "git", "config", "core.hooksPath", "my hooks")
    install(root)
    assert MARK in (root / "my hooks" / "pre-commit").read_text()
    assert (root / "my hooks" / "pre-commit").stat().st_mode & 0o111


def test_a_worktree_shares_the_drivers(root: Path, tmp_path: Path) -> None:
    call(root, "git", "commit", "-q", "--allow-empty", "-m", "first")
    call(root, "git", "worktree", "add", "-q", str(tmp_path / "beside"))
    install(tmp_path / "beside")
    assert "merge-lock" in call(root, "git", "config", "merge.lockstep-lock.driver")


def test_outside_of_the_root_nothing_is_done(root: Path, tmp_path: Path) -> None:
    (root / "sub").mkdir()
    with pytest.raises(LockstepError, match="sub/ is not the root"):
        install(root / "sub")
    (tmp_path / "none").mkdir()
    with pytest.raises(LockstepError, match="git"):
        install(tmp_path / "none")
    assert list((root / "sub").iterdir()) == []


def test_git_runs_a_program_with_a_hostile_name(root: Path, tmp_path: Path) -> None:
    """Quotes, blanks, and the sign with which git marks its own words."""
    program = tmp_path / "it's 100%A $HOME;" / "lockstep"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$5" > called\n')
    program.chmod(0o755)
    for name, value in settings(program).items():
        call(root, "git", "config", name, value)
    (root / ".gitattributes").write_text("'* merge=lockstep-lock\n")
    name = "' ;$(touch oops)"
    for branch, text in (("main", "1"), ("one", "2"), ("two", "3")):
        call(root, "git", "checkout", "-q", *(["-b", branch, "main"] if branch != "main" else ["-B", "main"]))
        (root / name).write_text(text)
        call(root, "git", "add", "-A")
        call(root, "git", "commit", "-qm", branch)
    call(root, "git", "merge", "-q", "one")
    assert (root / "called").read_text().splitlines() == [str(program), name]
    assert not (root / "oops").exists()


def test_an_environment_without_the_command_sets_up_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(root)
    monkeypatch.setattr("sys.executable", str(root / "bin" / "python"))
    with pytest.raises(LockstepError, match="install Lockstep there"):
        install(root)
    assert everything(root) == before


def test_the_command_prints_what_is_left_to_do(root: Path) -> None:
    (root / ".pre-commit-config.yaml").write_text("repos: []\n")
    done = subprocess.run(
        ["lockstep", "install-hooks"],
        cwd=root,
        env=environment_of(root),
        check=True,
        capture_output=True,
        text=True,
    )
    assert "left to do: add to .pre-commit-config.yaml" in done.stderr
    assert done.stdout == ""
