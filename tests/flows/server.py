"""A real Prefect server for the flows' tests: a separate process, on a free port, with an empty SQLite database."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tenacity import retry, retry_if_exception, stop_after_delay, wait_fixed

BUSY = 60.0  # seconds in which a database that others have locked is free again


def _is_busy(error: BaseException) -> bool:
    """Prefect's server says 503 where SQLite says that its database is locked, and asks to come again."""
    return isinstance(error, httpx.HTTPStatusError) and error.response.status_code == httpx.codes.SERVICE_UNAVAILABLE


@dataclass(frozen=True)
class Server:
    """A server that answers, and the Prefect home of those who talk to it."""

    url: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in order to work with this server, and with nothing of the user's own."""
        return {
            "PREFECT_API_URL": self.url,
            "PREFECT_HOME": str(self.home),
            "PREFECT_PROFILES_PATH": str(self.home / "profiles.toml"),
            "PREFECT_LOCAL_STORAGE_PATH": str(self.home / "storage"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }

    @retry(retry=retry_if_exception(_is_busy), stop=stop_after_delay(BUSY), wait=wait_fixed(0.2), reraise=True)
    def request(self, method: str, path: str, **asked: Any) -> Any:
        """Ask its API for something, as Prefect's own client does, and return what it answers."""
        answer = httpx.request(method, f"{self.url}/{path}", timeout=30.0, **asked).raise_for_status()
        return answer.json() if answer.content else None

    def find(self, what: str, **asked: Any) -> list[dict[str, Any]]:
        """Return the `flow_runs`, `deployments`, ... that fit the filters; all of them where there are none."""
        return self.request("POST", f"{what}/filter", json=asked)

    def add_run(self, state: str) -> str:
        """Make a flow run that no process belongs to, in the state of that type, and return its id."""
        flow = self.request("POST", "flows/", json={"name": "pipeline"})["id"]
        return str(self.request("POST", "flow_runs/", json={"flow_id": flow, "state": {"type": state}})["id"])

    def set_state(self, run: str, state: str) -> None:
        """Give a flow run a state, as `prefect flow-run cancel` and the buttons of the UI do.

        Args:
            run: its id.
            state: a type, such as CANCELLING.
        """
        answer = self.request("POST", f"flow_runs/{run}/set_state", json={"state": {"type": state}})
        assert answer["status"] == "ACCEPT", answer

    @contextmanager
    def chosen(self) -> Iterator[None]:
        """Let Prefect in this process talk to this server."""
        from prefect.settings import (
            PREFECT_API_URL,
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
            PREFECT_HOME,
            PREFECT_LOCAL_STORAGE_PATH,
            temporary_settings,
        )

        settings: dict[Any, Any] = {
            PREFECT_API_URL: self.url,
            PREFECT_HOME: self.home,
            PREFECT_LOCAL_STORAGE_PATH: self.home / "storage",
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,  # its thread ends at whole seconds, and every flow waits for it
        }
        with temporary_settings(settings):
            yield


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """Run a server whose database lies in `home`, and end it by its process id."""
    from lockstep.orchestrate.server import embedded

    with embedded(home, database_in(home)) as url:
        yield Server(url, home)


def database_in(home: Path) -> dict[str, str]:
    """Return the settings of a server whose database lies in `home`."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home}/prefect.db",
    }


def new_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an empty database, whose tables are made once for all workers: seven seconds of CPU."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made = shared / "prefect-tables"
    with (shared / "prefect-tables.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / "prefect.db").exists():
            made.mkdir()
            upgrade = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"]
            own = {**os.environ, **database_in(made), "DO_NOT_TRACK": "1"}
            subprocess.run(upgrade, env=own, cwd=made, check=True, capture_output=True)
    home = tmp_path_factory.mktemp("prefect")
    shutil.copy(made / "prefect.db", home)
    return home


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return the server that the flow tests of one worker share."""
    with serving(new_home(tmp_path_factory)) as server:
        yield server
