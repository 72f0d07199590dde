"""One tiny shop, built once for all workers."""

import fcntl
import os

import pytest

from tests.e2e.project import TINY, Project, make_project

# Hundreds of processes import the same modules: what the first compiles, the others read.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# There are more of them than cores: a thread that waits had better not spin.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project after `dvc repro`, committed; not to be changed."""
    mine = tmp_path_factory.getbasetemp()
    shared = mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine
    project, done = Project(shared / "built" / "shop"), shared / "built.done"
    with (shared / "built.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make_project(project.root, TINY)
            project.run("dvc", "repro")
            project.commit("results")
            done.touch()
    return project
