"""The entry point of `lockstep`: errors become messages and exit codes."""

import os
import signal
import sys
import traceback

# Each registers its command, in the order in which `lockstep --help` shows them.
# isort: off
from lockstep.cli import (  # noqa: F401
    stage,
    summary,
    simulate,
    contracts_infer,
    compare,
    gate,
    experiments,
    review,
    track,
    register,
    promote,
    rollback,
    history,
    ui,
    lineage,
    verify,
    check,
    install_hooks,
    merge_lock,
)

# isort: on
from lockstep.cli.app import app, fail
from lockstep.core.errors import TRANSIENT, LockstepError, TransientError
from lockstep.core.workspace import Workspace
from lockstep.pipeline.track import safety

INPUT = 2  # exit code of wrong input


def main() -> None:
    """Run the command line; a user sees a message, never a traceback."""
    signal.signal(signal.SIGTERM, _leave)
    safety.secure()
    try:
        app()
    except LockstepError as error:
        fail(str(error), _exit_code(error))
    except OSError as error:
        fail(f"{error.filename or 'input or output'}: {error.strerror or error}", INPUT)
    except Exception as error:
        fail(_crash(error), 1)


def _leave(number: int, _: object) -> None:
    """Exit by an exception, so that half-written outputs are removed."""
    sys.exit(128 + number)  # as a shell reports a signal


def _exit_code(error: LockstepError) -> int:
    """Return the code of an input error, or of a transient error if the caller, such as a flow, asks for one."""
    return int(os.environ.get(TRANSIENT, INPUT)) if isinstance(error, TransientError) else INPUT


def _crash(error: Exception) -> str:
    """Write the traceback to a file for a bug report, and return a message that names it."""
    log = Workspace().scratch / "crash.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return f"unexpected {type(error).__name__}: {error}\n  This is a bug in Lockstep; the traceback is in {log}"
