"""For the tests of tracking: the workspace and the empty database are made once, tests work on copies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lockstep.core.workspace import Workspace
from tests.integration import registered_workspace
from tests.integration.tracked_workspace import copy_of, embedded, empty_backend, make


@pytest.fixture(scope="session")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with results that are pinned; not to be changed."""
    return make(tmp_path_factory.mktemp("pinned") / "project")


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of MLflow."""
    return empty_backend(tmp_path_factory.mktemp("mlflow"))


@pytest.fixture
def workspace(pinned: Workspace, empty: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy to work on, with an embedded MLflow that is empty."""
    with embedded():
        yield copy_of(pinned, empty, tmp_path / "project")


@pytest.fixture(scope="session")
def versions(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> registered_workspace.Made:
    """A registry with three versions; not to be changed."""
    with embedded():
        return registered_workspace.make(tmp_path_factory.mktemp("versions"), empty)


@pytest.fixture
def shop(versions: registered_workspace.Made, tmp_path: Path) -> Iterator[Workspace]:
    """A copy to work on, with a registry of its own, and the good version's result checked out."""
    with embedded():
        yield registered_workspace.copy_of(versions, tmp_path / "shop")
