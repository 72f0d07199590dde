"""`make up`: run a Prefect server with its UI, and serve the deployments of prefect.yaml, until Ctrl-C."""

import signal
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

from prefect.settings import PREFECT_API_URL, temporary_settings

from lockstep.core.errors import LockstepError
from lockstep.orchestrate.abandoned import settle_abandoned
from lockstep.orchestrate.deployments import declared
from lockstep.orchestrate.running.process import SHARED, Program, StoppedError, follow, launch
from lockstep.orchestrate.server import PATIENCE, answers

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LOG = Path(".lockstep") / "server.log"

SETTINGS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # With the default, in memory, a killed server forgets who held a concurrency slot, and never frees it.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION": "60",
}


def main() -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, then exit with 0; exit with another code after an error."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    root = Path.cwd()
    try:
        declared(root)  # report mistakes in it before waiting for a server
        with running_server(root, stop) as url:
            runner = Program("lockstep.orchestrate.runner", root, {**SHARED, "PREFECT_API_URL": url})
            code = follow(launch(runner), (), _say, stop)
    except StoppedError:
        code = 0
    except LockstepError as error:
        print(f"make up: {error}", file=sys.stderr)
        code = 2
    sys.exit(code)


@contextmanager
def running_server(root: Path, stop: Event) -> Iterator[str]:
    """Yield the URL of a server: the configured one if it answers, else a new one at that address.

    Args:
        root: of the project.
        stop: ends the wait for the server; set when a server that this started ends.

    Raises:
        StoppedError: `stop` was set before the server answered.
        LockstepError: a server cannot be started at that address, or it ended.
    """
    url = (PREFECT_API_URL.value() or "http://127.0.0.1:4200/api").rstrip("/")
    if answers(url):
        yield url
        return
    host, port = _free_address(url)
    with _server(root, host, port) as server:
        server.add_done_callback(lambda _: stop.set())
        _say(f"Starting Prefect's server at {host}:{port}; the first start takes half a minute ...")
        try:
            _wait(url, server, stop)
            with temporary_settings({PREFECT_API_URL: url}):
                for line in settle_abandoned():
                    _say(line)
            yield url
        finally:
            if server.done():
                raise LockstepError(f"{url}: Prefect's server ended; see {LOG}")


@contextmanager
def _server(root: Path, host: str, port: int) -> Iterator["Future[int]"]:
    """Run a server with its output in a file; yield a future that is done when the server ends."""
    (root / LOG).parent.mkdir(exist_ok=True)
    environment = {**SETTINGS, **SHARED, "PREFECT_SERVER_API_HOST": host, "PREFECT_SERVER_API_PORT": str(port)}
    listen = ("--host", host, "--port", str(port), "--log-level", "error", "--timeout-graceful-shutdown", "3")
    with (root / LOG).open("w", encoding="utf-8", buffering=1) as log, ThreadPoolExecutor(1) as thread:
        process = launch(Program("uvicorn", root, environment))
        arguments = ("--factory", "prefect.server.api.server:create_app", *listen)
        ending = Event()
        try:
            yield thread.submit(follow, process, arguments, lambda line: print(line, file=log), ending)
        finally:
            ending.set()


def _wait(url: str, server: "Future[int]", stop: Event) -> None:
    deadline = time.monotonic() + PATIENCE
    while not answers(url):
        if stop.wait(0.2) or server.done():
            raise StoppedError
        if time.monotonic() > deadline:
            raise LockstepError(f"{url}: Prefect's server did not start within {PATIENCE:g} s; see {LOG}")


def _free_address(url: str) -> tuple[str, int]:
    """Return host and port of a local address where nothing listens."""
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK:
        raise LockstepError(f"{url}: no Prefect server answers (PREFECT_API_URL)")
    host, port = str(parts.hostname), parts.port or 80
    try:
        with socket.create_connection((host, port), timeout=5.0):
            raise LockstepError(f"{host}:{port}: in use, and not by a Prefect server; set another port in prefect.toml")
    except OSError:
        return host, port


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
