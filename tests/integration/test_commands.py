"""Commands forked in tests behave like those that a user starts."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests import commands

INSTALLED = Path(sys.executable).parent
HOLDS = "stages: {hold: {cmd: sleep 600, outs: [never]}}\n"


@pytest.mark.parametrize(
    "command", [["lockstep", "stage", "trian"], ["lockstep", "--help"], ["lockstep", "nonsense"], ["dvc", "nonsense"]]
)
def test_a_forked_command_says_and_returns_what_the_installed_one_does(command: list[str], tmp_path: Path) -> None:
    assert commands.can_fork(command, os.environ)
    installed = [str(INSTALLED / command[0]), *command[1:]]
    expected = subprocess.run(installed, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = commands.run(command, tmp_path)
    assert (found.returncode, found.stdout, found.stderr) == (expected.returncode, expected.stdout, expected.stderr)


def test_a_forked_command_is_killed_alone_and_leaves_its_child_as_dvc_does(tmp_path: Path) -> None:
    subprocess.run([INSTALLED / "dvc", "init", "-q", "--no-scm"], cwd=tmp_path, check=True)
    (tmp_path / "dvc.yaml").write_text(HOLDS)
    with commands.start(["dvc", "repro"], tmp_path, os.environ) as process:
        deadline = time.monotonic() + 60
        while not (children := psutil.Process(process.pid).children(recursive=True)):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert children[0].is_running()
    for child in children:
        child.kill()


def test_what_an_interpreter_reads_at_its_start_gets_a_new_one() -> None:
    command = ["lockstep", "check"]
    assert not commands.can_fork(command, os.environ | {"PYTHONHASHSEED": "1"})
    assert not commands.can_fork(command, os.environ | {"OMP_NUM_THREADS": "1"})
    assert commands.can_fork(["dvc", "repro"], os.environ | {"PYTHONHASHSEED": "1"}), "of a server of its own"
    assert not commands.can_fork(["git", "status"], os.environ)


def test_other_code_on_the_path_is_not_run_by_a_process_that_has_imported_ours(tmp_path: Path) -> None:
    shutil.copytree(commands.SOURCE / "lockstep" / "core", tmp_path / "lockstep" / "core")
    assert not commands.can_fork(["lockstep", "check"], os.environ | {"PYTHONPATH": str(tmp_path)})
    assert commands.can_fork(["lockstep", "check"], os.environ | {"PYTHONPATH": str(commands.SOURCE)})
