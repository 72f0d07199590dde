"""SIGTERM to `lockstep stage`: it unwinds, so that nothing half-written is left."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.project import ROOT, edit

PATIENCE = 60.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with parameters for a shop that takes longer to write than to notice that it is written."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    edit(tmp_path / "params.yaml", {"simulate.customers": 100_000})
    return tmp_path


def test_a_stage_that_is_told_to_end_removes_what_it_has_half_written(folder: Path) -> None:
    partial = folder / "data" / ".source.partial"
    command = [sys.executable, "-c", "from lockstep.cli import main; main()", "stage", "simulate"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + PATIENCE
        while not partial.exists():
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in said
    assert not partial.exists()
    assert not (folder / "data" / "source").exists()
