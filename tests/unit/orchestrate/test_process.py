"""Programs are read line by line, and ended with all their child processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Timer

import psutil
import pytest

from lockstep.core.commands import environment_of
from lockstep.orchestrate.running.occupied import end_orphans
from lockstep.orchestrate.running.process import (
    Process,
    Program,
    StoppedError,
    TimeLimitError,
    follow,
    launch,
)

CHILD = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"


def started(folder: Path, code: str) -> Process:
    write(folder, f"import sys, time\n{code}\n")
    return launch(Program("program", folder, {**environment_of(folder), "PYTHONUNBUFFERED": "1"}))


def write(folder: Path, code: str) -> None:
    """Write a program where a checkout has its code."""
    (folder / "src").mkdir()
    (folder / "src" / "program.py").write_text(code)


def group(pid: int) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == pid and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


def test_arguments_output_and_exit_code_are_passed(tmp_path: Path) -> None:
    said: list[str] = []
    code = "print(sys.argv[1:]); print('err', file=sys.stderr); print('no end', end=''); sys.exit(7)"
    assert follow(started(tmp_path, code), ["a b", "'\n日"], said.append, Event()) == 7
    assert said == ["['a b', \"'\\n日\"]", "err", "no end"]


def test_a_line_arrives_while_the_program_runs(tmp_path: Path) -> None:
    def go(_: str) -> None:
        (tmp_path / "go").touch()

    code = (
        f"import pathlib\nprint('ready')\nwhile not pathlib.Path({str(tmp_path / 'go')!r}).exists(): time.sleep(0.01)"
    )
    assert follow(started(tmp_path, code), [], go, Event(), limit=60) == 0


def test_a_slow_reader_gets_the_last_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It writes and ends after a look at the pipe, before the look at whether it has ended."""
    process = started(tmp_path, "time.sleep(0.4); print('last words')")
    poll = process.poll

    def late() -> int | None:
        time.sleep(1)
        return poll()

    monkeypatch.setattr(process, "poll", late)
    said: list[str] = []
    assert follow(process, [], said.append, Event()) == 0
    assert said == ["last words"]


def test_a_child_that_writes_endlessly_does_not_block(tmp_path: Path) -> None:
    writer = CHILD.replace("import time; time.sleep(600)", "while True: print(1)")
    process = started(tmp_path, writer)
    assert follow(process, [], lambda _: None, Event(), limit=60) == 0
    assert group(process.pid) == []


def test_a_limit_ends_the_program_and_its_children(tmp_path: Path) -> None:
    process = started(tmp_path, f"{CHILD} time.sleep(600)")
    with pytest.raises(TimeLimitError):
        follow(process, [], print, Event(), limit=1.0)
    assert group(process.pid) == []


def test_a_program_that_prints_without_pause_still_has_a_limit(tmp_path: Path) -> None:
    process = started(tmp_path, "while True: print('x' * 10000)")
    with pytest.raises(TimeLimitError):
        follow(process, [], lambda _: None, Event(), limit=0.5)


def test_a_stop_ends_the_program_and_its_children(tmp_path: Path) -> None:
    process = started(tmp_path, f"{CHILD} time.sleep(600)")
    stop = Event()
    Timer(0.5, stop.set).start()
    with pytest.raises(StoppedError):
        follow(process, [], print, stop)
    assert group(process.pid) == []


def test_a_stop_leaves_no_half_written_file_to_other_dvc_processes(tmp_path: Path) -> None:
    """DVC's real table of readers and writers, written slowly."""
    table = tmp_path / "rwlock"
    process = started(
        tmp_path,
        "import dvc.rwlock\n"
        "from dvc.fs import localfs\n"
        "def slowly(content, file):\n"
        "    print('half', flush=True); time.sleep(1.5); file.write('{}'); file.flush(); print('whole', flush=True)\n"
        "dvc.rwlock.json.dump = slowly\n"
        f"with dvc.rwlock._edit_rwlock({str(tmp_path)!r}, localfs, False): pass\n"
        "print('after'); time.sleep(600)",
    )
    stop, said = Event(), list[str]()

    def hear(line: str) -> None:
        said.append(line)
        stop.set()

    with pytest.raises(StoppedError):
        follow(process, [], hear, stop)
    assert said == ["half"]
    assert table.read_text() == "{}"
    assert process.returncode == -signal.SIGTERM


def test_a_background_child_ends_with_the_program_and_does_not_block(tmp_path: Path) -> None:
    process = started(tmp_path, f"{CHILD} print('bye')")
    said: list[str] = []
    assert follow(process, [], said.append, Event(), limit=60) == 0
    assert said == ["bye"]
    assert group(process.pid) == []


def test_a_program_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """A parent that is killed can end nobody: the child watches the pipe."""
    write(tmp_path, f"{CHILD}\nimport time; time.sleep(600)\n")
    parent = (
        "import sys, time; from pathlib import Path; from lockstep.orchestrate.running.process import *\n"
        "from lockstep.core.commands import environment_of\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "with running(launch(Program('program', folder, environment_of(folder))), []) as child:\n"
        "    print(child.pid, flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        pid = int(process.stdout.readline())
        deadline = time.monotonic() + 30
        while len(group(pid)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.kill()
    while group(pid):
        assert time.monotonic() < deadline, "it outlived its parent"
        time.sleep(0.02)


def test_orphans_of_one_workspace_are_ended_and_no_others(tmp_path: Path) -> None:
    """The child of an earlier flow, started by a process that is no child of ours."""
    mine, other = tmp_path / "mine", tmp_path / "other"
    pids = {}
    for folder in (mine, other):
        folder.mkdir()
        starts = (
            "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
            " start_new_session=True, stdout=-3, stderr=-3); print(p.pid)"
        )
        done = subprocess.run(
            [sys.executable, "-c", starts],
            env={"LOCKSTEP_FLOW_WORKSPACE": str(folder.resolve())},
            capture_output=True,
            text=True,
            check=True,
        )
        pids[folder] = int(done.stdout)
    try:
        (named,) = end_orphans(mine)
        assert named.startswith(f"{pids[mine]} (")
        assert not psutil.pid_exists(pids[mine]) or psutil.Process(pids[mine]).status() == psutil.STATUS_ZOMBIE
        assert psutil.Process(pids[other]).status() != psutil.STATUS_ZOMBIE
        assert end_orphans(mine) == []
    finally:
        psutil.Process(pids[other]).kill()
