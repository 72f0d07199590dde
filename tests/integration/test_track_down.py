"""MLflow is down: results stay valid, the message says how to publish later and has no password."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lockstep.core.workspace import Workspace
from lockstep.pipeline.track.backend import TrackingDownError, connect
from lockstep.pipeline.track.pending import waiting
from lockstep.pipeline.track.safety import MUST
from lockstep.workbench.summary import _closing
from tests import commands
from tests.integration.evaluated_workspace import contents
from tests.integration.tracked_workspace import embedded, publish_here, runs

pytestmark = pytest.mark.xdist_group("track")
SECRET = "s3cr:t/pass"  # of nobody
MAIN = "import sys; from lockstep.cli import main; sys.argv[0] = 'lockstep'; main()"


def lockstep(workspace: Workspace, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line in the workspace."""
    return commands.run(["lockstep", *arguments], workspace.root, os.environ | environment, timeout=100)


def test_the_stage_succeeds_and_the_command_publishes_later(workspace: Workspace) -> None:
    before = contents(workspace.root / "data")
    away = f"postgresql://me:{SECRET.replace(':', '%3A').replace('/', '%2F')}@127.0.0.1:9/runs"
    stage = lockstep(workspace, "stage", "track", MLFLOW_TRACKING_URI=away)
    assert stage.returncode == 0, stage.stderr
    assert "postgresql://me:***@127.0.0.1:9/runs" in stage.stderr
    assert "Run `lockstep track` when MLflow is back" in stage.stderr
    assert waiting(workspace.root)
    assert any("not published" in str(line) for line in _closing(workspace).renderables), "the summary says so"
    command = lockstep(workspace, "track", MLFLOW_TRACKING_URI=away)
    assert command.returncode == 1
    for said in (stage.stderr, stage.stdout, command.stderr, command.stdout):
        assert "Traceback" not in said
        assert "s3cr" not in said
    later = lockstep(workspace, "track")
    assert later.returncode == 0, later.stderr
    assert waiting(workspace.root) is None
    assert not any("not published" in str(line) for line in _closing(workspace).renderables)
    assert len(runs(connect(workspace.root))) == 1
    assert contents(workspace.root / "data") == before


@pytest.mark.parametrize(
    "uri",
    [
        "http://me:s3cret@127.0.0.1:9",
        "postgresql://me:s3cret@127.0.0.1:9/runs",
        "postgresql://me:s3@cret@127.0.0.1:9/runs",
        "postgresql://127.0.0.1:9/runs?user=me&password=s3cret",
        "mysql://me:s3cret@127.0.0.1:9/runs",
        "file:///tmp/mlruns",
        "s3://me:s3cret@bucket",
        "nonsense",
        "postgresql://me:s3cret@[::1/runs",
    ],
)
def test_an_unreachable_backend_is_reported_at_once_without_the_password(uri: str, workspace: Workspace) -> None:
    with embedded(uri), pytest.raises(TrackingDownError) as raised:
        connect(workspace.root)
    assert "s3" not in str(raised.value).replace("s3://", "")
    assert raised.value.__cause__ is None


def test_a_password_in_the_environment_is_not_shown(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from lockstep.pipeline.track.place import place

    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter2xyz")
    with embedded("http://127.0.0.1:9"):
        assert place(workspace.root).location.redact("401 for hunter2xyz") == "401 for ***"


def test_a_damaged_database_is_reported_and_the_mark_stays(workspace: Workspace) -> None:
    (workspace.root / ".lockstep" / "mlflow.db").write_bytes(b"no database" * 1000)
    done = lockstep(workspace, "stage", "track")
    assert done.returncode == 0, done.stderr
    assert "mlflow.db" in done.stderr
    assert "file is not a database" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_read_only_database_is_reported(workspace: Workspace) -> None:
    database = workspace.root / ".lockstep" / "mlflow.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON params BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
    with pytest.raises(TrackingDownError, match="cannot be reached, read or written") as raised:
        publish_here(workspace)
    assert "disk is full" in str(raised.value)
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TRIGGER full")
    published = publish_here(workspace)
    assert [run.info.run_id for run in runs(connect(workspace.root))] == [published.run_id]


def test_a_read_only_artifact_folder_is_reported(workspace: Workspace) -> None:
    (workspace.root / ".lockstep" / "artifacts").write_text("a file where a folder should be")
    with pytest.raises(TrackingDownError):
        publish_here(workspace)


def test_a_disabled_stage_does_not_import_mlflow(workspace: Workspace) -> None:
    text = workspace.params.read_text()
    assert "track:\n  enabled: true" in text
    workspace.params.write_text(text.replace("track:\n  enabled: true", "track:\n  enabled: false"))
    (workspace.root / "dvc.lock").unlink()
    code = MAIN.replace("; main()", "; import atexit; atexit.register(lambda: print('mlflow' in sys.modules)); main()")
    done = subprocess.run(
        [sys.executable, "-c", code, "stage", "track"],
        cwd=workspace.root,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr


def test_pickle_and_telemetry_are_off_in_whatever_a_command_starts(tmp_path: Path) -> None:
    code = (
        "import sys, subprocess; from lockstep.cli import entry\n"
        "entry.app = lambda: subprocess.run(['env'], check=True)\n"
        "entry.main()"
    )
    on = dict.fromkeys(MUST, "true") | {"MLFLOW_DISABLE_TELEMETRY": "false", "DO_NOT_TRACK": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, **on},
        check=True,
        capture_output=True,
        text=True,
    )
    assert {f"{name}={value}" for name, value in MUST.items()} <= set(done.stdout.splitlines())
