"""Forked programs: output and exit codes are passed on, and nothing outlives the parent."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import psutil
import pytest

from lockstep.core.commands import environment_of
from lockstep.core.errors import LockstepError
from lockstep.orchestrate.running.forks import Forks
from lockstep.orchestrate.running.process import WORKSPACE, Program, follow, running

PATIENCE = 30.0

PROGRAM = """\
import os, sys, time, preloaded
if sys.argv[1] == "print":
    print(sys.argv[2:], preloaded.BY == os.getppid() or preloaded.BY, flush=True)
    print("err", file=sys.stderr)
    sys.exit(7)
if sys.argv[1] == "die":
    os.kill(os.getpid(), 9)
time.sleep(600)
"""


def program(folder: Path, preloaded: str = "preloaded") -> Program:
    (folder / "src").mkdir()
    (folder / "src" / "program.py").write_text(PROGRAM)
    (folder / "src" / "preloaded.py").write_text("import os\nBY = os.getpid()\n")
    return Program("program", folder, environment_of(folder), (preloaded,))


@pytest.fixture
def forks(tmp_path: Path) -> Iterator[Forks]:
    made = Forks(program(tmp_path))
    yield made
    made.close()
    assert of_workspace(tmp_path) == []


def of_workspace(folder: Path) -> list[int]:
    """Return what runs for a workspace."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get(WORKSPACE) == str(folder.resolve())
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def output(forks: Forks, *arguments: str) -> tuple[int, list[str]]:
    said: list[str] = []
    return follow(forks.take(), arguments, said.append, Event(), limit=PATIENCE), said


def test_arguments_output_and_exit_code_are_passed_and_imports_happen_once(forks: Forks) -> None:
    (code, first), (_, second) = output(forks, "print", "a b", "日"), output(forks, "print", "c")
    assert code == 7
    assert (first[0].split("]")[0], first[1]) == ("['a b', '日'", "err")
    assert first[0].split("]")[1] == second[0].split("]")[1], "two processes did the imports"


def test_a_signal_is_a_negative_exit_code(forks: Forks) -> None:
    assert output(forks, "die") == (-signal.SIGKILL, [])


def test_two_run_at_once_and_ending_one_leaves_the_other(forks: Forks) -> None:
    with running(forks.take(), ["sleep"]) as first:
        with running(forks.take(), ["sleep"]) as second:
            assert (first.poll(), second.poll()) == (None, None)
        assert second.poll() == -signal.SIGTERM
        assert first.poll() is None


def test_a_template_that_was_killed_is_started_again(forks: Forks) -> None:
    output(forks, "print")
    forks._template.process.kill()
    forks._template.process.wait()
    assert output(forks, "print")[0] == 7


def test_a_failing_import_is_named(tmp_path: Path) -> None:
    forks = Forks(program(tmp_path, "no_such_module"))
    with pytest.raises(LockstepError, match="No module named 'no_such_module'"):
        forks.take()
    forks.close()


def test_everything_ends_with_the_parent_process(tmp_path: Path) -> None:
    """A parent that is killed can end nobody."""
    program(tmp_path)
    parent = (
        "import sys, time; from pathlib import Path; from lockstep.core.commands import environment_of\n"
        "from lockstep.orchestrate.running.forks import Forks\n"
        "from lockstep.orchestrate.running.process import Program, running\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "forks = Forks(Program('program', folder, environment_of(folder), ('preloaded',)))\n"
        "with running(forks.take(), ['sleep']):\n"
        "    print('here', flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        assert len(of_workspace(tmp_path)) == 3, "the template, the program, and what waits for it"
        process.kill()
    deadline = time.monotonic() + PATIENCE
    while of_workspace(tmp_path):
        assert time.monotonic() < deadline, "it outlived its parent"
        time.sleep(0.02)
