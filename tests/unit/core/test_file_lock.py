"""A lock has one holder at a time, and is released when its process dies."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockstep.core.errors import TransientError
from lockstep.core.file_lock import file_lock, try_lock


def busy(process: str) -> TransientError:
    return TransientError(f"held by {process}")


def hold(path: Path, ready: "multiprocessing.synchronize.Event") -> None:
    with file_lock(path, 0, busy):
        ready.set()
        signal.pause()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[multiprocessing.process.BaseProcess]:
    """A process that holds the lock."""
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    process = context.Process(target=hold, args=(tmp_path / "below" / ".x.lock", ready))
    process.start()
    assert ready.wait(60)
    yield process
    process.kill()
    process.join()


def test_a_waiter_gives_up_and_names_the_process_that_holds_the_lock(
    other: multiprocessing.process.BaseProcess, tmp_path: Path
) -> None:
    with (
        pytest.raises(TransientError, match=rf"held by {other.pid}$"),
        file_lock(tmp_path / "below/.x.lock", 0.2, busy),
    ):
        pytest.fail("two hold it")


def test_a_killed_process_has_released_it(other: multiprocessing.process.BaseProcess, tmp_path: Path) -> None:
    other.kill()
    with file_lock(tmp_path / "below" / ".x.lock", 30, busy):
        assert (tmp_path / "below" / ".x.lock").read_text() == str(os.getpid())


def test_it_is_free_again_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), file_lock(tmp_path / "lock", 0, busy):
            raise ZeroDivisionError


def test_shared_locks_keep_an_exclusive_one_out_and_not_each_other(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as one, (tmp_path / "lock").open() as two, (tmp_path / "lock").open() as three:
        assert try_lock(one.fileno(), shared=True)
        assert try_lock(two.fileno(), shared=True)
        assert not try_lock(three.fileno())
