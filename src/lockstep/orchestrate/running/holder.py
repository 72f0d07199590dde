"""The lock of a workspace: one flow run at a time, with a record of which one."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from lockstep.core.errors import LockstepError, TransientError
from lockstep.core.file_lock import try_lock, wait
from lockstep.orchestrate.running.process import StoppedError

TICK = 0.5  # seconds between two tries
RECORD = 1024  # bytes: records are of one size, so that one write replaces the last one whole


class Holder(BaseModel):
    """A flow run that holds, or held, the workspace."""

    model_config = ConfigDict(frozen=True)

    run: str
    """Id of the flow run."""
    name: str
    pid: int
    host: str
    since: datetime
    let_go: bool = False
    """Whether it released the workspace, rather than ended while holding it."""

    def __str__(self) -> str:
        since = f"{self.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        return f"flow run {self.name!r} (process {self.pid} on {self.host}, since {since})"

    def has_ended(self) -> bool:
        """Return whether its process is known to have ended. Call it only while holding the workspace.

        A run that released the workspace may still be reporting its state to the server.
        """
        if not self.let_go:
            return True  # the kernel released the lock
        if self.host != socket.gethostname():
            return False
        try:
            return bool(
                psutil.Process(self.pid).create_time() > self.since.timestamp()
            )  # the id belongs to another process now
        except psutil.NoSuchProcess:
            return True


@contextmanager
def held(
    workspace: Path, lock: Path, holder: Holder, patience: float, say: Callable[[str], None], stop: Event
) -> Iterator[Holder | None]:
    """Hold the workspace; yield the previous holder, if any.

    The kernel releases the lock when the process ends, in whatever way: there is no stale lock to clean up.

    Args:
        workspace: what is held, for messages.
        lock: the lock file.
        holder: the flow run.
        patience: seconds to wait.
        say: called once with the present holder, before waiting.
        stop: set from another thread to give up waiting.

    Raises:
        TransientError: another process still holds it; the message names it.
        StoppedError: `stop` was set.
    """
    with _opened(lock) as handle:
        _acquire(handle, workspace, patience, say, stop)
        before = _read(handle)
        _write(handle, holder)
        try:
            yield before
        finally:
            _write(handle, holder.model_copy(update={"let_go": True}))


@contextmanager
def undisturbed(workspace: Path, lock: Path, patience: float, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the workspace without recording a flow run, so that the next one still sees a killed holder.

    Arguments and errors are those of `held`.
    """
    with _opened(lock) as handle:
        _acquire(handle, workspace, patience, say, Event())
        yield


@contextmanager
def _opened(lock: Path) -> Iterator[int]:
    """Yield a descriptor, not a buffer that would be written on closing: the disk may be full."""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise LockstepError(f"{lock}: {error.strerror or error}") from error
    try:
        yield handle
    finally:
        os.close(handle)


def _acquire(handle: int, workspace: Path, patience: float, say: Callable[[str], None], stop: Event) -> None:
    said = False

    def who() -> Holder | str:
        last = _read(handle)
        return last if last and not last.let_go else "another process"

    def pause() -> None:
        nonlocal said
        if not said:
            say(f"waiting up to {patience:g} s: {workspace.resolve()} is held by {who()}")
        said = True
        if stop.wait(TICK):
            raise StoppedError

    def busy() -> TransientError:
        return TransientError(f"{workspace.resolve()}: held by {who()}; waited {patience:g} s")

    wait(lambda: try_lock(handle), patience, busy, pause)


def _read(handle: int) -> Holder | None:
    try:
        return Holder.model_validate_json(os.pread(handle, os.fstat(handle).st_size, 0))
    except ValidationError:
        return None


def _write(handle: int, holder: Holder) -> None:
    content = holder.model_dump_json().encode().ljust(RECORD)
    try:
        os.pwrite(handle, content, 0)
        os.ftruncate(handle, len(content))
        os.fsync(handle)
    except OSError as error:
        raise LockstepError(f"cannot record which flow run holds the workspace: {error.strerror or error}") from error
