"""The tiny shop; tests that change it work on a copy."""

from pathlib import Path

import pytest

from tests.e2e.project import Project


@pytest.fixture(scope="session")
def built(shop: Project) -> Project:
    """Return a project after `dvc repro`, committed; not to be changed."""
    return shop


@pytest.fixture
def project(built: Project, tmp_path: Path) -> Project:
    """Return a copy of the built project to work on."""
    return built.copy(tmp_path / "shop")
