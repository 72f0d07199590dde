"""The Prefect server that a flow uses: the configured one, or a temporary one for the time of the flow."""

import logging
import socket
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

from lockstep.core.errors import LockstepError
from lockstep.orchestrate.running.process import SHARED, Program, launch, running

PATIENCE = 120.0  # seconds; the first start on an empty database takes half a minute of migrations

QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_UI_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
}
"""A temporary server only records runs; schedules and automations need a permanent one."""


@contextmanager
def reachable(root: Path) -> Iterator[str]:
    """Yield the URL of a server that answers.

    This is the configured one (`PREFECT_API_URL`, a profile, prefect.toml) if it answers. If none is configured, or
    only the one of prefect.toml, which `make up` would start, a temporary server runs for the length of the block; it
    ends with this process in any case.

    Raises:
        LockstepError: another server is configured and does not answer.
    """
    configured = PREFECT_API_URL.value()
    if configured and answers(configured):
        yield configured
    elif configured and configured != _in_project(root):
        raise LockstepError(f"{configured}: no Prefect server answers (PREFECT_API_URL)")
    else:
        with embedded(root) as url, temporary_settings({PREFECT_API_URL: url}):
            yield url


@contextmanager
def embedded(root: Path, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a server on a free port of 127.0.0.1 and yield the URL of its API."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}/api"
    arguments = ("--factory", "prefect.server.api.server:create_app", "--host", "127.0.0.1", "--port", str(port))
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    settings.pop("PREFECT_API_URL", None)
    variables = {**settings, **QUIET, **SHARED, **(environment or {})}
    server = launch(Program("uvicorn", root, variables), quiet=True)
    with running(server, (*arguments, "--log-level", "error")) as process:
        deadline = time.monotonic() + PATIENCE
        while not answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise LockstepError(f"{url}: Prefect's server did not start within {PATIENCE:g} s")
            time.sleep(0.1)
        try:
            yield url
        finally:
            APILogHandler().flush()  # send the last log lines before the server ends


def answers(url: str) -> bool:
    """Return whether a healthy Prefect server answers at this address."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        return httpx.get(f"{url}/health", timeout=5.0).is_success
    except httpx.HTTPError:
        return False


def _in_project(root: Path) -> str | None:
    """Return the address that prefect.toml names: that of `make up`."""
    file = root / "prefect.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")).get("api", {}).get("url") if file.is_file() else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
