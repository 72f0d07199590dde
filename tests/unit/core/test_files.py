"""A write is whole or absent; one writer at a time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lockstep.core.errors import SHOWN, LockstepError, shorten
from lockstep.core.files import read_json, whole_directory, whole_file, write_json


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    write_json(target, {"good": 1})
    with pytest.raises(RuntimeError), whole_file(target) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert read_json(target) == {"good": 1}
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".partial"] == []


def test_a_failed_directory_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with whole_directory(target) as partial:
        (partial / "a").write_text("1")
    with pytest.raises(RuntimeError), whole_directory(target) as partial:
        (partial / "a").write_text("2")
        raise RuntimeError
    assert (target / "a").read_text() == "1"
    assert not list(tmp_path.glob("*.partial"))


def test_a_new_directory_replaces_all_of_the_old_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with whole_directory(tmp_path / "out") as partial:
            (partial / name).write_text("x")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["b"]


def test_nan_does_not_reach_a_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert not (tmp_path / "a.json").exists()


def test_damaged_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": ')
    with pytest.raises(LockstepError, match=r"a\.json: damaged"):
        read_json(tmp_path / "a.json")


WRITER = """
import sys, time
from pathlib import Path
from lockstep.core.files import whole_directory
with whole_directory(Path(sys.argv[1])) as partial:
    (partial / "a").write_text(sys.argv[2])
    print("inside", flush=True)
    time.sleep(float(sys.argv[3]))
"""


def start(target: Path, text: str, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(target), text, str(seconds)], stdout=subprocess.PIPE, text=True
    )


def wait_until_inside(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "inside\n"


def test_a_killed_writer_leaves_nothing_that_looks_finished_and_holds_up_nobody(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with start(target, "first", 60) as first:
        wait_until_inside(first)
        os.kill(first.pid, signal.SIGKILL)
    assert not target.exists()
    with start(target, "second", 0) as second:
        second.communicate(timeout=30)
    assert (target / "a").read_text() == "second"


def test_a_second_writer_waits_for_the_first(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with start(target, "first", 1.0) as first:
        wait_until_inside(first)
        begun = time.monotonic()
        with start(target, "second", 0) as second:
            second.communicate(timeout=30)
        assert time.monotonic() - begun > 0.5
    assert first.returncode == 0
    assert (target / "a").read_text() == "second"


def test_an_error_fits_on_one_screen_and_loses_nothing() -> None:
    error = LockstepError("many faults", [f"fault {i} {'x' * 1000}\n\x1b[31m" for i in range(100)])
    text = str(error)
    assert len(text.splitlines()) == SHOWN + 2
    assert "and 88 more" in text
    assert max(map(len, text.splitlines())) <= 310
    assert "\x1b" not in text
    assert len(error.details) == 100


def test_control_characters_are_made_visible() -> None:
    assert shorten("a\nb\x00c\u202e") == "a\\nb\\x00c\\u202e"
