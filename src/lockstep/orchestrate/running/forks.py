"""Programs forked from a process that has imported their modules: DVC starts in hundredths of a second."""

import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from threading import Lock
from typing import IO

from lockstep.core.errors import LockstepError, TransientError
from lockstep.orchestrate.running import guarded
from lockstep.orchestrate.running.process import Program, end, environment_for


class Forked:
    """A forked program, with the same interface as `subprocess.Popen` (`Process`)."""

    def __init__(self, stdin: IO[bytes], stdout: IO[bytes], report: IO[bytes]) -> None:
        self.stdin, self.stdout = stdin, stdout
        self._report = report
        self._code: int | None = None
        self.pid = int(report.readline() or 0)
        """0 if nothing was forked."""
        if not self.pid:
            report.close()

    def poll(self) -> int | None:
        """Return the exit code, negative if a signal ended it; None while the program runs."""
        if self._code is None and select.select([self._report], [], [], 0)[0]:
            self.wait()
        return self._code

    def wait(self) -> int:
        """Wait for the end and return the exit code."""
        if self._code is None:
            # No line: the process that waits for the program was killed.
            self._code = int(self._report.readline() or -signal.SIGKILL)
            self._report.close()
        return self._code


class Forks:
    """Forks copies of one program from a template process, which starts on first use and ends with `close`."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._lock = Lock()
        self._template: _Template | None = None

    def take(self) -> Forked:
        """Return a program that waits for its arguments; the caller ends it.

        Raises:
            LockstepError: the module, or one of those to preload, cannot be imported.
            TransientError: the template was killed in the meantime.
        """
        with self._lock:
            if self._template is not None and self._template.process.poll() is not None:
                self._template.close()
                self._template = None
            if self._template is None:
                self._template = _Template(self._program)
            return self._template.fork()

    def close(self) -> None:
        """End the template; its forked programs must have ended before."""
        with self._lock:
            if self._template is not None:
                self._template.close()
                self._template = None


class _Template:
    """The process that has imported the modules and is forked."""

    def __init__(self, program: Program) -> None:
        self._module = program.module
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 # no shell
                [sys.executable, "-P", guarded.__file__, program.module, *program.preloaded],
                cwd=program.folder,
                env=environment_for(program),
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def fork(self) -> Forked:
        for_stdin, stdin = os.pipe()
        stdout, for_output = os.pipe()
        report, for_report = os.pipe()
        with suppress(BrokenPipeError):  # the template has ended, so no line is reported
            socket.send_fds(self._control, [b"+"], [for_stdin, for_output, for_report])
        for pipe in (for_stdin, for_output, for_report):
            os.close(pipe)
        forked = Forked(os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb"), os.fdopen(report, "rb"))
        if forked.pid:
            return forked
        forked.stdin.close()
        forked.stdout.close()
        code, said = self.process.wait(), self._said()
        kind = TransientError if code < 0 else LockstepError
        raise kind(f"{self._module}: cannot be started (exit code {code})", said.splitlines()[-1:])

    def _said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.read().decode(errors="replace")

    def close(self) -> None:
        self._control.close()
        end(self.process)
