"""A connection to MLflow; a dead backend is found at once, where MLflow would retry for minutes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import sqlalchemy as sa
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random

from lockstep.core.errors import LockstepError
from lockstep.core.source_url import Location
from lockstep.pipeline.track import safety
from lockstep.pipeline.track.place import VARIABLE, Place, place

if TYPE_CHECKING:
    from mlflow import MlflowClient

PATIENCE = 5  # seconds for a server to answer
PORTS = {"http": 80, "https": 443}
LINES = 4  # of the backend's message


class TrackingDownError(LockstepError):
    """MLflow cannot be reached, or refuses; the results of the pipeline stay valid."""


@dataclass(frozen=True)
class Backend:
    """An MLflow that has answered.

    Attributes:
        uri: of tracking and registry, with the password.
        client: MLflow's client.
        place: its address, files and lock.
    """

    uri: str = field(repr=False)
    client: "MlflowClient" = field(repr=False)
    place: Place

    @property
    def location(self) -> Location:
        """The URI without its password; redacts the backend's messages."""
        return self.place.location


def connect(root: Path) -> Backend:
    """Return the backend of the checkout at `root`; the embedded database is created if it is missing.

    Raises:
        TrackingDownError: it does not answer, or cannot be used; the message has no password.
    """
    safety.secure()
    where = place(root)
    with reaching(where.location):
        where.lock.parent.mkdir(parents=True, exist_ok=True)
        _probe(where)
        return Backend(where.location.url, _client(where.location.url), where)


@contextmanager
def reaching(location: Location) -> Iterator[None]:
    """Turn every error of MLflow, its database or the network into a `TrackingDownError` without a password."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except LockstepError:
        raise
    except (MlflowException, sa.exc.SQLAlchemyError, ImportError, OSError, ValueError) as error:
        said = [location.redact(line) for line in _lines(error)]
        raise TrackingDownError(f"MLflow at {location.shown}: cannot be reached, read or written", said) from None


def _lines(error: Exception) -> list[str]:
    """Return the first lines of the original error's message."""
    original = getattr(error, "orig", None) or error
    said = [line.strip() for line in str(original).splitlines() if line.strip()]
    return [line for line in said if not line.startswith(("(Background on", "[SQL:", "[parameters:"))][:LINES]


def _probe(where: Place) -> None:
    """Raise at once the error that MLflow would raise after ten tries."""
    url = where.location.url
    if where.is_server:
        _knock(url)
        return
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.get_backend_name() not in ("sqlite", "postgresql", "mysql", "mssql"):
        raise TrackingDownError(
            f"{VARIABLE}: {where.location.shown}: expected http(s)://host, postgresql://user:password@host/database"
            " or sqlite:////path/to/file.db"
        )
    timed = {"connect_timeout": PATIENCE} if parsed.get_driver_name() == "psycopg" else {}
    with sa.create_engine(parsed, poolclass=sa.NullPool, connect_args=timed).connect() as connection:
        connection.execute(sa.text("SELECT 1"))


def _knock(url: str) -> None:
    parts = urlsplit(url)
    if parts.hostname and parts.scheme in PORTS:
        socket.create_connection((parts.hostname, parts.port or PORTS[parts.scheme]), timeout=PATIENCE).close()


# Two machines that find an empty database both create its tables; the slower one fails, and succeeds on the retry.
@retry(
    retry=retry_if_exception_type((sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.OperationalError)),
    stop=stop_after_attempt(3),
    wait=wait_random(0.1, 1.0),
    reraise=True,
)
def _client(uri: str) -> "MlflowClient":
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.search_experiments(max_results=1)
    return client
