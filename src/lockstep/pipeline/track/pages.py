"""MLflow's own pages, on the backend of this checkout."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lockstep.core.errors import LockstepError
from lockstep.pipeline.track.backend import connect
from lockstep.pipeline.track.place import ARTIFACTS, Place


def serve(root: Path, host: str, port: int) -> None:
    """Become a server of MLflow's pages; it ends with Ctrl-C.

    Raises:
        TrackingDownError: the backend does not answer.
        LockstepError: it is a server that has pages of its own.
    """
    where = connect(root).place
    if where.is_server:
        raise LockstepError(f"MLflow at {where.location.shown} shows its pages there: open that address")
    print(f"http://{host}:{port} shows {where.location.shown}; Ctrl-C ends it", flush=True)
    os.execvpe(sys.executable, command(host, port), environment(where, os.environ))  # noqa: S606 # no shell is wanted


def command(host: str, port: int) -> list[str]:
    """Return what is run: one worker, for one reader."""
    return [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port), "--workers", "1"]


def environment(where: Place, given: Mapping[str, str]) -> dict[str, str]:
    """Return its environment; the URI stands there, for arguments are shown to everybody on the machine."""
    own = {"MLFLOW_BACKEND_STORE_URI": where.location.url, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    return {**given, **own, ARTIFACTS: where.artifacts or "", "MLFLOW_LOGGING_LEVEL": "WARNING"}
