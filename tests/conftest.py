"""One tiny shop, built once for all workers."""

import os

import pytest
from hypothesis import settings

from lockstep.core.errors import LockstepError
from lockstep.core.file_lock import file_lock
from tests.e2e.project import TINY, Project, make_project

BUILT_WITHIN = 1800.0  # seconds, on a busy machine

# An example that takes long on a busy machine is no fault.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

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
    with file_lock(shared / "built.lock", BUILT_WITHIN, lambda process: LockstepError(f"built by process {process}")):
        if not done.exists():
            make_project(project.root, TINY)
            project.run("dvc", "repro")
            project.commit("results")
            done.touch()
    return project
