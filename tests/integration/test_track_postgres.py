"""Runs in PostgreSQL: one per result, with concurrent writers and after a kill."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockstep.core.workspace import Workspace
from lockstep.pipeline.track.backend import TrackingDownError, connect
from lockstep.pipeline.track.runs import is_finished
from tests.contract.filled_sources import postgres_database
from tests.integration.tracked_workspace import (
    artifacts,
    copy_of,
    embedded,
    models,
    publish_here,
    runs,
    set_param,
    start,
)

pytestmark = pytest.mark.xdist_group("track")
DEADLINE = 120.0


@pytest.fixture
def server() -> Iterator[str]:
    """A database of its own, as people write its address."""
    with postgres_database() as url:
        yield url.replace("postgresql+psycopg://", "postgresql://")


def test_two_checkouts_that_find_an_empty_database_leave_one_run(
    server: str, workspace: Workspace, pinned: Workspace, empty: Path, tmp_path: Path
) -> None:
    other = copy_of(pinned, empty, tmp_path / "other")
    with embedded(server):
        processes = [start(workspace), start(other)]
        for process in processes:
            process.join(DEADLINE)
        assert [process.exitcode for process in processes] == [0, 0]
        backend = connect(workspace.root)
        (run,) = runs(backend)
        assert is_finished(run)
        assert len(runs(backend, nested=True)) == 3
        assert len(models(backend)) == 1
        assert not publish_here(other).new


def test_postgres_stores_hostile_params_survives_a_kill_and_returns_the_bundle(
    server: str, workspace: Workspace, tmp_path: Path
) -> None:
    set_param(workspace, "drift", ignore=["a\0b\ud800\n<script>" + "x" * 7000])
    with embedded(server):
        process = start(workspace, kill_after=("log_artifacts", 1))
        process.join(DEADLINE)
        assert process.exitcode == -signal.SIGKILL
        backend = connect(workspace.root)
        (left,) = runs(backend)
        published = publish_here(workspace)
        (run,) = runs(backend)
        assert run.info.run_id == published.run_id != left.info.run_id
        folder = artifacts(backend, published.run_id, tmp_path / "back")
        assert (folder / "bundle" / "model.onnx").read_bytes() == (workspace.model / "model.onnx").read_bytes()
        assert len(run.data.params["drift.ignore"]) == 6000


def test_a_missing_database_is_reported_without_the_password(server: str, workspace: Workspace) -> None:
    missing = server.replace("postgres@", "postgres:geheim@") + "_missing"
    with embedded(missing), pytest.raises(TrackingDownError, match="does not exist") as raised:
        connect(workspace.root)
    assert "geheim" not in str(raised.value)
    assert "MLFLOW_TRACKING_URI" not in os.environ
