"""The history is append-only: an incomplete line is not counted, and each window occurs once."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.core.errors import LockstepError
from lockstep.operate.monitoring import history
from tests.unit.operate.monitoring.windows import window

ROOT = Path(__file__).parents[4]


def test_windows_are_read_in_the_order_of_appending(tmp_path: Path) -> None:
    path = tmp_path / "monitoring" / "history.jsonl"
    windows = (window(2, "yes"), window(0), window(1, "not applicable", score_psi=None, as_of=None))
    for one in windows:
        found = history.append(path, one)
    assert found.windows == history.read(path).windows == windows
    assert found.notes == ()


@given(st.text(max_size=40))
def test_hostile_names_do_not_break_the_file(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """A line separator of Unicode, a quote or a newline in a feature's name stays in its line."""
    path = tmp_path_factory.mktemp("names") / "history.jsonl"
    hostile = [window(day, "yes", drifted=(name, "\u2028\n\x85"), reasons=(name,)) for day in (0, 1)]
    for one in hostile:
        history.append(path, one)
    assert list(history.read(path).windows) == hostile


def test_reading_creates_no_history(tmp_path: Path) -> None:
    assert history.read(tmp_path / "history.jsonl") == history.History(())
    assert list(tmp_path.iterdir()) == []


def test_measuring_an_as_of_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    history.append(path, window(0, "yes"))
    before = path.read_bytes()
    again = window(0, "no", measured_at=window(5).measured_at, rows=7)
    assert history.append(path, again).windows == (window(0, "yes"),)
    assert path.read_bytes() == before
    assert len(history.append(path, window(0, model="the next champion")).windows) == 2


def test_a_flat_table_is_measured_again_if_its_rows_changed(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    for snapshot in ("a", "a", "b"):
        found = history.append(path, window(0, as_of=None, snapshot=snapshot))
    assert [one.snapshot for one in found.windows] == ["a", "b"]


def test_a_crash_at_any_byte_of_the_last_line_keeps_the_history_usable(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    history.append(path, window(0))
    first = path.read_bytes()
    history.append(path, window(1))
    second = path.read_bytes()[len(first) :]
    for length in range(1, len(second)):
        path.write_bytes(first + second[:length])
        assert history.read(path).windows == (window(0),)
        assert f"({length} bytes)" in history.read(path).notes[0]
        found = history.append(path, window(1))
        assert found.windows == (window(0), window(1))
        assert "history.jsonl.torn" in found.notes[0]
        assert path.read_bytes() == first + second
        assert history.read(path).notes == ()
    torn = (tmp_path / "history.jsonl.torn").read_bytes().splitlines()
    assert torn == [second[:length] for length in range(1, len(second))]


@pytest.mark.parametrize("damage", [b"{}\n", b"\n", b"\x00\x00\xff\n", b'{"as_of": 1, "colour": 2}\n', b"[1]\n"])
def test_a_damaged_line_is_an_error_with_its_number(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "history.jsonl"
    history.append(path, window(0))
    path.write_bytes(path.read_bytes() + damage)
    content = path.read_bytes()
    for act in (lambda: history.read(path), lambda: history.append(path, window(1))):
        with pytest.raises(LockstepError, match=r"history\.jsonl: line 2: damaged"):
            act()
    assert path.read_bytes() == content


def test_a_failed_write_leaves_the_file_unchanged(tmp_path: Path) -> None:
    """The kernel lets a part of the line through, then refuses."""
    path = tmp_path / "history.jsonl"
    history.append(path, window(0))
    before = path.read_bytes()
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, old[1]))
    try:
        with pytest.raises(LockstepError, match="cannot be written"):
            history.append(path, window(1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == before


WRITER = """
import sys
from pathlib import Path
from lockstep.operate.monitoring import history
from tests.unit.operate.monitoring.windows import window
print("ready", flush=True)
sys.stdin.readline()
for day in range(int(sys.argv[2]), int(sys.argv[3])):
    history.append(Path(sys.argv[1]), window(day))
"""


def start(path: Path, first: int, last: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), str(first), str(last)]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
    )  # fmt: skip


def test_concurrent_writers_lose_and_duplicate_nothing(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    writers = [start(path, 0, 90), start(path, 0, 90)]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    days = [one.snapshot for one in history.read(path).windows]
    assert sorted(days) == sorted(f"snapshot {day}" for day in range(90))


def test_a_killed_writer_leaves_at_most_one_incomplete_line(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with start(path, 0, 100_000) as writer:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
        while not path.exists() or path.stat().st_size < 20_000:
            assert writer.poll() is None
        os.kill(writer.pid, signal.SIGKILL)
    known = len(history.read(path).windows)
    assert known > 20
    assert len(history.append(path, window(200_000)).windows) == known + 1
