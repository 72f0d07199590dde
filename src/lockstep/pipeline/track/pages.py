"""MLflow's web pages for the backend of this checkout."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lockstep.core.errors import LockstepError
from lockstep.pipeline.track.backend import connect
from lockstep.pipeline.track.place import ARTIFACTS, Place


def serve(root: Path, host: str, port: int) -> None:
    """Replace this process by MLflow's web server; Ctrl-C ends it.

    Raises:
        TrackingDownError: the backend does not answer.
        LockstepError: it is a server, which has its own pages.
    """
    where = connect(root).place
    if where.is_server:
        raise LockstepError(f"MLflow at {where.location.shown} has its own pages: open that address")
    print(f"http://{host}:{port} shows {where.location.shown}; stop with Ctrl-C", flush=True)
    os.execvpe(sys.executable, command(host, port), environment(where, os.environ))  # noqa: S606 # no shell


def command(host: str, port: int) -> list[str]:
    """Return the command: one worker is enough for one reader."""
    return [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port), "--workers", "1"]


def environment(where: Place, given: Mapping[str, str]) -> dict[str, str]:
    """Return its environment, with the URI: everybody on the machine can read a command's arguments."""
    own = {"MLFLOW_BACKEND_STORE_URI": where.location.url, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    return {**given, **own, ARTIFACTS: where.artifacts or "", "MLFLOW_LOGGING_LEVEL": "WARNING"}
