"""One flow per workspace."""

import multiprocessing
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Timer
from typing import Any

import psutil
import pytest

from lockstep.core.errors import TransientError
from lockstep.orchestrate.running.holder import Holder, held, undisturbed
from lockstep.orchestrate.running.process import StoppedError

SINCE = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)


def holder(name: str) -> Holder:
    return Holder(run="1", name=name, pid=os.getpid(), host=socket.gethostname(), since=datetime.now(UTC))


def taken(folder: Path, who: Holder, patience: float = 0) -> AbstractContextManager[Holder | None]:
    return held(folder, folder / "lock", who, patience, print, Event())


def hold(folder: Path, ready: "multiprocessing.synchronize.Event") -> None:
    with taken(folder, holder("other").model_copy(update={"since": SINCE, "host": "there"})):
        ready.set()
        signal.pause()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Any]:
    """Start a process that holds the folder."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=hold, args=(tmp_path, ready))
    process.start()
    assert ready.wait(60)
    yield process
    process.kill()
    process.join()


def test_the_holder_is_named_before_waiting_and_at_the_timeout(other: object, tmp_path: Path) -> None:
    said: list[str] = []
    name = rf"flow run 'other' \(process {other.pid} on there, since 2026-01-31 23:59:00 UTC\)"
    refused = pytest.raises(TransientError, match=rf"held by {name}; waited 0.7 s")
    with refused, held(tmp_path, tmp_path / "lock", holder("me"), 0.7, said.append, Event()):
        pytest.fail("two held it")
    assert len(said) == 1
    assert "waiting up to 0.7 s" in said[0]


@pytest.mark.usefixtures("other")
def test_a_waiting_run_can_be_stopped(tmp_path: Path) -> None:
    stop = Event()
    Timer(0.1, stop.set).start()
    with pytest.raises(StoppedError), held(tmp_path, tmp_path / "lock", holder("me"), 600, print, stop):
        pytest.fail("two held it")


def test_a_killed_holder_is_reported_once(other: object, tmp_path: Path) -> None:
    other.kill()
    other.join()
    with undisturbed(tmp_path, tmp_path / "lock", 5, print):
        pass
    with taken(tmp_path, holder("me"), 5) as before:
        assert before is not None
        assert (before.name, before.pid, before.let_go, before.has_ended()) == ("other", other.pid, False, True)
    with taken(tmp_path, holder("me")) as before:
        assert before is not None
        assert (before.name, before.let_go) == ("me", True)


def test_a_holder_that_failed_normally_was_not_killed(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), taken(tmp_path, holder("me")):
        raise ZeroDivisionError
    with taken(tmp_path, holder("me")) as before:
        assert before is not None
        assert before.let_go


def test_a_former_holder_is_not_named(tmp_path: Path) -> None:
    with taken(tmp_path, holder("earlier")):
        pass
    with (
        undisturbed(tmp_path, tmp_path / "lock", 0, print),
        pytest.raises(TransientError, match="held by another process"),
        taken(tmp_path, holder("me")),
    ):
        pytest.fail("two held it")


def test_a_former_holder_has_ended_if_its_process_has() -> None:
    me = holder("me").model_copy(update={"let_go": True})
    assert not me.has_ended()
    assert not me.model_copy(update={"host": "elsewhere", "pid": 0}).has_ended()
    before_me = datetime.fromtimestamp(psutil.Process().create_time(), UTC) - timedelta(days=1)
    assert me.model_copy(update={"since": before_me}).has_ended(), "the number is another process's now"
    with psutil.Popen(["true"]) as process:
        gone = me.model_copy(update={"pid": process.pid})
    assert gone.has_ended()


@pytest.mark.parametrize("content", ["", "{", "null", "\x00\x00"])
def test_an_incomplete_record_names_no_holder(content: str, tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(content)
    with taken(tmp_path, holder("me")) as before:
        assert before is None
