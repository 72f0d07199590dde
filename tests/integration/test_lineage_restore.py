"""`lockstep lineage X --restore DIR`: a former workspace in another folder, with every file verified."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from lockstep.core.errors import LockstepError
from lockstep.versioning.model_versions import ModelRecord
from lockstep.versioning.project import Project
from lockstep.workbench.lineage.resolve import resolve
from lockstep.workbench.lineage.restore import restore
from tests import commands
from tests.integration.repository import call, state
from tests.integration.test_lineage_resolve import Registered
from tests.integration.traced_repository import NoVersions, make_repository, md5, params

MAIN = "import sys; from lockstep.cli import main; main()"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("restore") / "a project")


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "mine", symlinks=True)
    return tmp_path / "mine"


def bring(root: Path, text: str, place: Path, versions: Any = None) -> Any:
    project = Project(root)
    return restore(project, resolve(project, text, versions or NoVersions()), place)


def cached(root: Path, path: str) -> Path:
    return Project(root).cache.path(md5(root, path))


def harm(path: Path) -> None:
    """Flip a bit of a cache object, which stays read-only: DVC believes it."""
    path.chmod(0o644)
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    path.chmod(0o444)


@pytest.mark.parametrize(("name", "depth"), [("one", "3"), ("tried", "9"), ("later", "4")])
def test_a_workspace_is_restored_byte_for_byte_and_the_users_is_not_touched(
    root: Path, tmp_path: Path, name: str, depth: str
) -> None:
    before = state(root) | {"worktrees": None}
    found = bring(root, name, tmp_path / "then" / "here")
    assert (found.exact, found.notes) == (True, ())
    weights = (found.place / "data/models/model/weights").read_text()
    assert f"depth: {depth}" in weights
    assert "up to date" in call(found.place, "dvc", "status")
    assert call(found.place, "git", "status", "--porcelain") == ""
    assert state(root) | {"worktrees": None} == before
    assert [path.name for path in (tmp_path / "then").iterdir()] == ["here"]


def test_missing_objects_are_named_and_the_rest_is_restored(root: Path, tmp_path: Path) -> None:
    cached(root, "data/models/model").unlink()
    weights = Project(root).cache.listing(md5(root, "data/raw"))[-1]
    Project(root).cache.path(weights.md5).unlink()
    found = bring(root, "HEAD", tmp_path / "then")
    assert {(one.path, one.md5) for one in found.missing} == {
        ("data/models/model", md5(root, "data/models/model")),
        (f"data/raw/{weights.path}", weights.md5),
    }
    assert (found.place / "data/reports/page/page.html").is_file()
    assert not found.exact


def test_what_the_cache_lacks_is_fetched_from_the_remote(root: Path, tmp_path: Path) -> None:
    call(root, "dvc", "remote", "add", "-q", "-d", "--local", "store", str(tmp_path / "store"))
    call(root, "dvc", "push", "-q", "--all-commits")
    shutil.rmtree(root / ".dvc" / "cache")
    assert bring(root, "one", tmp_path / "then").exact


def test_a_flipped_bit_in_the_cache_is_reported(root: Path, tmp_path: Path) -> None:
    listing = Project(root).cache.listing(md5(root, "data/models/model"))
    harm(Project(root).cache.path(listing[0].md5))
    found = bring(root, "HEAD", tmp_path / "then")
    assert [one.path for one in found.different] == ["data/models/model/weights"]
    assert not found.exact


def test_a_checkout_with_other_results_than_its_commit_is_restored_with_them_and_a_note(
    root: Path, tmp_path: Path
) -> None:
    params(root, "2025-06-30", 5)
    call(root, "dvc", "repro", "-q")
    found = bring(root, "workspace", tmp_path / "then")
    assert [pin.path for pin in found.replaced] == ["data/models/model", "data/reports/page"]
    assert "depth: 5" in (found.place / "data/models/model/weights").read_text()
    assert "depth: 4" in (found.place / "params.yaml").read_text(), "git has no other code"
    assert call(found.place, "git", "status", "--porcelain") == "", "the lock says of itself what is true"
    assert not found.exact


def test_a_version_of_a_dirty_checkout_is_restored_as_the_commit_whose_lock_has_its_model(
    root: Path, tmp_path: Path
) -> None:
    one, head = (call(root, "git", "rev-parse", name).strip() for name in ("one", "HEAD"))
    model = Project(root).at("one", "one").lock.outs["data/models/model"].md5
    version = ModelRecord("shop/7", head, dirty=True, hashes={"data/models/model": model})
    found = bring(root, "7", tmp_path / "then", Registered(version))
    assert (found.commit, found.replaced) == (one, ())
    assert "changes" in found.notes[0]


def test_a_version_whose_model_no_lock_has_is_restored_by_its_hash(root: Path, tmp_path: Path) -> None:
    head = call(root, "git", "rev-parse", "HEAD").strip()
    params(root, "2025-06-30", 6)
    call(root, "dvc", "repro", "-q")
    model = md5(root, "data/models/model")
    call(root, "git", "checkout", "-q", ".")
    version = ModelRecord("shop/7", head, dirty=True, hashes={"data/models/model": model})
    found = bring(root, "7", tmp_path / "then", Registered(version))
    assert "depth: 6" in (found.place / "data/models/model/weights").read_text()
    assert ([pin.md5 for pin in found.replaced], found.exact) == ([model], False)
    lost = ModelRecord("shop/7", head, dirty=True, hashes={"data/models/model": "0" * 32 + ".dir"})
    assert [one.md5 for one in bring(root, "7", tmp_path / "lost", Registered(lost)).missing] == ["0" * 32 + ".dir"]


def test_code_that_differs_from_the_lock_is_named(root: Path, tmp_path: Path) -> None:
    (root / "train.sh").write_text((root / "train.sh").read_text() + "# not run\n")
    call(root, "git", "commit", "-qam", "code without its results")
    found = bring(root, "HEAD", tmp_path / "then")
    assert [one.path for one in found.foreign] == ["train.sh"]
    assert (found.missing, found.different, found.exact) == ((), (), False)


@pytest.mark.parametrize("place", ["{root}/data/then", "{root}/then", "{root}/.git/then", "{root}/.dvc/then", "{full}"])
def test_nothing_is_restored_into_the_checkout_or_over_files(root: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    before = state(root)
    with pytest.raises(LockstepError, match=r"inside of|not empty"):
        bring(root, "one", tmp_path / place.format(root=root, full=tmp_path / "full"))
    assert state(root) == before


def test_an_empty_folder_becomes_the_workspace(root: Path, tmp_path: Path) -> None:
    (tmp_path / "then").mkdir()
    assert bring(root, "one", tmp_path / "then").place == tmp_path / "then"
    assert (tmp_path / "then" / "dvc.lock").is_file()


def wait_for_orphans(folder: Path) -> None:
    """Wait for programs that a killed restore has started: they would write into the next one."""
    started = [process for process in psutil.process_iter(["cwd"]) if str(process.info["cwd"]).startswith(str(folder))]
    psutil.wait_procs(started, timeout=60)


def test_a_killed_restore_leaves_no_finished_folder_and_the_next_names_the_remedy(root: Path, tmp_path: Path) -> None:
    """SIGKILL while DVC works; SIGTERM, which can be answered, leaves nothing at all."""
    for number, left in ((signal.SIGKILL, [".then.partial"]), (signal.SIGTERM, [])):
        command = [sys.executable, "-c", MAIN, "lineage", "one", "--restore", str(tmp_path / "then")]
        with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            deadline = time.monotonic() + 30
            while not (tmp_path / ".then.partial" / "dvc.lock").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            running.send_signal(number)
        assert [path.name for path in tmp_path.iterdir() if "then" in path.name] == left
        if left:
            with pytest.raises(LockstepError, match=r"killed, or one that still runs(?s:.*)worktree remove"):
                bring(root, "one", tmp_path / "then")
            call(root, "git", "worktree", "remove", "--force", "--force", str(tmp_path / ".then.partial"))
    assert bring(root, "one", tmp_path / "then").exact


def test_a_leftover_that_was_removed_by_hand_blocks_nothing(root: Path, tmp_path: Path) -> None:
    bring(root, "one", tmp_path / "then")
    shutil.rmtree(tmp_path / "then")
    assert bring(root, "two", tmp_path / "then").exact


def test_the_command_exits_with_1_when_something_is_missing(root: Path, tmp_path: Path) -> None:
    cached(root, "data/models/model").unlink()
    command = ["lockstep", "lineage", "data/raw", "--restore", str(tmp_path / "then")]
    done = commands.run(command, root, os.environ | {"COLUMNS": "200"})
    assert (done.returncode, done.stderr) == (1, "")
    assert f"data/models/model  {md5(root, 'data/models/model')}" in done.stdout
    shutil.rmtree(tmp_path / "then")
    done = commands.run([*command, "--json"], root)
    found = json.loads(done.stdout)
    assert (done.returncode, found["exact"], [one["path"] for one in found["missing"]]) == (
        1,
        False,
        ["data/models/model"],
    )
