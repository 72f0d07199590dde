"""A version of a git revision: its outputs come from DVC's cache, and the user's checkout is not touched."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.pipeline.track import tags
from lockstep.registry.register import register, register_revision
from tests.integration.registered_workspace import versions_of
from tests.integration.tracked_workspace import OUTPUTS, SECTIONS

pytestmark = pytest.mark.xdist_group("track")


def call(root: Path, *command: str) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    who = {f"GIT_{role}_{part}": "ann" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    environment = {**os.environ, **who, "PATH": path}
    done = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def committed(workspace: Workspace) -> Workspace:
    """A checkout whose results are in DVC's cache, and whose lock is committed."""
    stages = {
        name: {"cmd": "true", "params": list(SECTIONS), "outs": [f"data/{path}" for path in paths]}
        for name, paths in OUTPUTS.items()
    }
    (workspace.root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    (workspace.root / ".gitignore").write_text("/.lockstep\n/data\n")
    (workspace.root / "dvc.lock").unlink()  # it looks like one of DVC 2, whose cache is laid out otherwise
    call(workspace.root, "git", "init", "-q")
    call(workspace.root, "dvc", "init", "-q")
    call(workspace.root, "dvc", "commit", "-q", "--force")
    call(workspace.root, "git", "add", "--all")
    call(workspace.root, "git", "commit", "-q", "-m", "results")
    return workspace


def test_a_revision_is_registered_from_the_cache_and_the_checkout_is_not_touched(committed: Workspace) -> None:
    shutil.rmtree(committed.root / "data")
    committed.params.write_text(committed.params.read_text() + "# the user's\n")
    before = call(committed.root, "git", "status", "--porcelain")
    made = register_revision(committed, "HEAD")
    assert (made.new, made.version.number) == (True, 1)
    assert made.version.tags[tags.COMMIT] == call(committed.root, "git", "rev-parse", "HEAD")
    assert made.version.tags[tags.DIRTY] == "false"
    assert call(committed.root, "git", "status", "--porcelain") == before
    assert len(call(committed.root, "git", "worktree", "list").splitlines()) == 1
    assert not register_revision(committed, "HEAD").new
    assert len(versions_of(committed)) == 1


def test_a_revision_with_missing_data_is_refused(committed: Workspace) -> None:
    shutil.rmtree(committed.root / ".dvc" / "cache")
    with pytest.raises(LockstepError, match="are not in DVC's cache or remote") as refused:
        register_revision(committed, "HEAD")
    assert any("data/models/model" in line for line in refused.value.details)
    assert versions_of(committed) == []
    assert len(call(committed.root, "git", "worktree", "list").splitlines()) == 1


def test_a_version_registered_before_its_commit_gets_the_commit_later(committed: Workspace) -> None:
    lock = committed.root / "dvc.lock"
    pinned = lock.read_text()
    lock.write_text(pinned.replace("schema: '2.0'", "schema: '2.0'\n# before the commit"))
    call(committed.root, "git", "commit", "-q", "-am", "another lock")
    lock.write_text(pinned)
    assert register(committed).version.tags[tags.DIRTY] == "true"
    call(committed.root, "git", "commit", "-q", "-am", "this lock")
    assert not register(committed).new
    (version,) = versions_of(committed)
    assert version.tags[tags.DIRTY] == "false"
    assert version.tags[tags.COMMIT] == call(committed.root, "git", "rev-parse", "HEAD")
