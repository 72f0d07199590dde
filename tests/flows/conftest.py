"""What the flows' tests share: one server, a project of fast stages, and the tiny shop."""

from pathlib import Path

import pytest

from tests.e2e.project import Project
from tests.flows.server import prefect_server
from tests.flows.shop import shops
from tests.flows.tiny import copy_of, repro_here, tiny_project, traced

__all__ = ["prefect_server", "shops"]


@pytest.fixture
def tiny(tmp_path: Path) -> Project:
    """Return a fresh tiny project: nothing has run yet."""
    return tiny_project(tmp_path / "tiny")


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = tiny_project(tmp_path_factory.mktemp("built") / "tiny")
    repro_here(project)
    project.commit("results")
    traced(project)
    return project


@pytest.fixture
def built(_built: Project, tmp_path: Path) -> Project:
    """Return a tiny project after `dvc repro` by hand, committed."""
    return copy_of(_built, tmp_path / "built")
