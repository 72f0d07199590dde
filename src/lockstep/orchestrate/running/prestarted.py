"""The next program, started while the present one runs: its imports are done when it is wanted."""

from threading import Lock

from lockstep.orchestrate.running.process import Process, Program, end, launch


class Spare:
    """Hands out launched copies of one program, and keeps one in reserve once there is a demand."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._lock = Lock()
        self._waiting: Process | None = None
        self._closed = False

    def take(self) -> Process:
        """Return a program that waits for its arguments; the caller ends it."""
        with self._lock:
            process, self._waiting = self._waiting, None
        if process is not None and process.poll() is None:
            return process
        return launch(self._program)

    def refill(self) -> None:
        """Start the next one, if there is none."""
        with self._lock:
            if self._waiting is None and not self._closed:
                self._waiting = launch(self._program)

    def close(self) -> None:
        """End what was not wanted after all."""
        with self._lock:
            process, self._waiting, self._closed = self._waiting, None, True
        if process is not None:
            end(process)
